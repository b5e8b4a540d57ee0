/** Asks the endpoint from the page: a form of one row, filled in with the example, or rows that are pasted as JSON or CSV. */
import type { Endpoint } from '@cellkeep/schema/deployment';
import type { Signature } from '@cellkeep/schema/registry';
import { type FormEvent, type ReactElement, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { useShared } from '../../live/shared.ts';
import { FileButton } from '../../look/FileButton.tsx';
import { Icon } from '../../look/icons.tsx';
import { Empty, ErrorState, errorText, Skeleton } from '../../look/states.tsx';
import { mainRelease } from '../queries.ts';
import { AnswerView } from './AnswerView.tsx';
import { type Answer, askEndpoint } from './ask.ts';
import { columnOfIssue, firstTexts, type RowTexts, readField } from './fields.ts';
import { kindsOf } from './kinds.ts';
import { newestOnly } from './newestOnly.ts';
import { RowForm } from './RowForm.tsx';
import { type PastedRows, readRows } from './readRows.ts';
import { ROW_FILES, readRowsFile } from './readRowsFile.ts';
import { useExample } from './useExample.ts';

export function TryIt({ endpoint }: { endpoint: Endpoint }): ReactElement {
  const t = useTranslate();
  const release = mainRelease(endpoint);
  const { details, bundle, example } = useExample(release);
  if (!release) {
    return (
      <Empty icon="rocket" title={t('Nothing to ask yet')}>
        <p>{t('This endpoint has no release. Promote a model to it first.')}</p>
      </Empty>
    );
  }
  if (details.error && !details.data) return <ErrorState error={details.error} onRetry={() => void details.refetch()} />;
  if (!details.data || (bundle && example === undefined)) return <Skeleton rows={6} height={44} />;
  if (!bundle) {
    return (
      <Empty icon="warn" title={t('What it takes is not known')}>
        <p>{t('This version was registered without a signature. Promote it again to have one.')}</p>
      </Empty>
    );
  }
  return (
    <Form key={`${release.modelName} ${release.version}`} endpoint={endpoint} signature={bundle.signature} example={example ?? null} />
  );
}

type Way = 'form' | 'rows';

function Form({ endpoint, signature, example }: { endpoint: Endpoint; signature: Signature; example: PastedRows | null }): ReactElement {
  const t = useTranslate();
  const { connection } = useShared();
  const { inputs, layout } = signature;
  const [way, setWay] = useState<Way>(layout === 'tensor' ? 'rows' : 'form');
  const [fields, setFields] = useState<RowTexts>(() => firstTexts(signature, firstRow(example)));
  const [pasted, setPasted] = useState(() => (example ? JSON.stringify(asRecords(example), null, 1) : ''));
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);
  const names = inputs.map(({ name }) => name);
  const kindOf = kindsOf(inputs);
  const [newest] = useState(newestOnly);
  const isOff = endpoint.state === 'stopped' || endpoint.state === 'empty';

  const ask = async (event: FormEvent) => {
    event.preventDefault();
    const rows = way === 'form' ? rowOfForm() : rowsPasted();
    if (!rows) return;
    setAsking(true);
    setProblem(null);
    try {
      const said = await askEndpoint(connection, endpoint.name, rows);
      setAnswer(said);
      const found = said.issues.flatMap((issue) => {
        const name = columnOfIssue(issue, names);
        return name ? [[name, [issue.reason, issue.remedy].filter(Boolean).join(' – ')] as const] : [];
      });
      setProblems(way === 'form' ? Object.fromEntries(found) : {});
    } catch (error) {
      setAnswer(null);
      setProblem(errorText(error, t));
    }
    setAsking(false);
  };
  const rowOfForm = (): PastedRows | null => {
    const read = inputs.map((column) => ({ name: column.name, ...readField(column, fields[column.name] ?? '', t) }));
    const wrong = Object.fromEntries(read.flatMap(({ name, problem: why }) => (why === null ? [] : [[name, why]])));
    setProblems(wrong);
    if (Object.keys(wrong).length > 0) return null;
    return { columns: inputs.map(({ name }) => name), data: [read.map(({ value }) => value)] };
  };
  const rowsPasted = (): PastedRows | null => {
    const { rows, problem: why } = readRows(pasted, names, { kindOf });
    setProblem(why);
    return rows;
  };
  const take = async (file: File) => {
    const read = await newest(readRowsFile(file, names, { kindOf }));
    if (!read) return;
    const { rows, problem: why } = read;
    setProblem(why);
    setAnswer(null);
    if (rows) setPasted(JSON.stringify(asRecords(rows), null, 1));
  };
  const change = (name: string, text: string) => {
    setFields((before) => ({ ...before, [name]: text }));
    setProblems(({ [name]: _, ...others }) => others);
  };
  return (
    <form className="ck-try" onSubmit={(event) => void ask(event)} aria-label={t('Try it')} noValidate>
      <header>
        <h2>{t('Try it')}</h2>
        {layout === 'columns' && (
          <div className="ck-segments">
            <button type="button" aria-pressed={way === 'form'} onClick={() => setWay('form')}>
              {t('One row')}
            </button>
            <button type="button" aria-pressed={way === 'rows'} onClick={() => setWay('rows')}>
              {t('Rows')}
            </button>
          </div>
        )}
        <span className="ck-grow" />
        {example && example.data.length > 1 && way === 'form' && (
          <ExamplePicker example={example} onPick={(row) => setFields(firstTexts(signature, row))} />
        )}
        {way === 'rows' && <FileButton isSmall label={t('From a file…')} accept={ROW_FILES} onFile={(file) => void take(file)} />}
      </header>
      {way === 'form' ? (
        <RowForm inputs={inputs} texts={fields} problems={problems} onChange={change} />
      ) : (
        <textarea
          className="ck-field ck-mono"
          rows={10}
          value={pasted}
          spellCheck={false}
          aria-label={t('Rows as JSON or CSV')}
          placeholder={t('[{"column": 1.5, …}, …], or CSV with the names of the columns in its first line')}
          onChange={(event) => setPasted(event.target.value)}
        />
      )}
      {problem && (
        <p className="ck-answer-wrong" role="alert">
          {problem}
        </p>
      )}
      <div className="ck-promote-buttons">
        <button type="submit" className="ck-btn ck-primary" disabled={isAsking || isOff}>
          <Icon name="play" size={14} /> {isAsking ? t('Asking…') : t('Ask')}
        </button>
        {isOff && <span className="ck-faint">{t('It is stopped: start it to ask it.')}</span>}
        {endpoint.state === 'asleep' && (
          <span className="ck-faint">{t('It is asleep: the first answer takes as long as it takes to wake.')}</span>
        )}
      </div>
      {answer && <AnswerView answer={answer} atFields={Object.keys(problems).length} />}
    </form>
  );
}

function ExamplePicker({ example, onPick }: { example: PastedRows; onPick: (row: Record<string, unknown>) => void }): ReactElement {
  const t = useTranslate();
  const rows = asRecords(example).slice(0, 50);
  return (
    <select
      className="ck-field"
      aria-label={t('Fill in a row of the example')}
      defaultValue="0"
      onChange={(event) => onPick(rows[Number(event.target.value)] ?? {})}
    >
      {rows.map((_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows of an example have no other name
        <option key={i} value={i}>
          {t('example row {n}', { n: i + 1 })}
        </option>
      ))}
    </select>
  );
}

const asRecords = ({ columns, data }: PastedRows): Record<string, unknown>[] =>
  data.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])));

const firstRow = (example: PastedRows | null): Record<string, unknown> | null => (example ? (asRecords(example)[0] ?? null) : null);
