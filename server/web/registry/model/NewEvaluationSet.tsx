/** A file of rows with their true answers becomes an evaluation set: which column is the answer, what is measured, which slices. */
import type { Bundle, EvaluationMetric, EvaluationSet } from '@cellkeep/schema/registry';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactElement, useId, useState } from 'react';
import { RowsTable } from '../../deployment/predictions/RowsTable.tsx';
import { ROW_FILES, readRowsFile } from '../../deployment/tryit/readRowsFile.ts';
import { newId } from '../../design/newId.ts';
import { useTranslate } from '../../host.ts';
import { useClient } from '../../live/shared.ts';
import { FileButton } from '../../look/FileButton.tsx';
import { groupThousands } from '../../look/format.ts';
import { errorLines } from '../../look/states.tsx';
import { metricName } from '../numbers.ts';
import { registryKeys } from '../queries.ts';
import { answered, guessLabel, metricsFor, missingColumns, nameOfFile, type Rows, sliceable, slicesOf, taskOf } from './setDraft.ts';

const MOST_ROWS = 200_000;
const SHOWN = 3; // rows, to see that they were read as meant

interface Draft {
  id: string;
  name: string;
  rows: Rows;
  label: string;
  metrics: EvaluationMetric[];
  slicesBy: string[];
}

export function NewEvaluationSet({
  name: modelName,
  bundle,
  version,
  onDone,
}: {
  name: string;
  /** Of the newest version, which will be asked. */
  bundle: Bundle | null;
  version: number | null;
  onDone: () => void;
}): ReactElement {
  const t = useTranslate();
  const client = useClient();
  const cache = useQueryClient();
  const [draft, setDraft] = useState<Draft | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [problems, setProblems] = useState<string[]>([]);
  const take = async (file: File) => {
    setProblems([]);
    const inputs = bundle?.signature.inputs ?? [];
    const texts = new Set(inputs.filter(({ type }) => type === 'string').map(({ name }) => name));
    const { rows, problem } = await readRowsFile(
      file,
      inputs.map(({ name }) => name),
      { texts, most: MOST_ROWS },
    );
    if (!rows) return setProblems([problem]);
    const label = guessLabel(rows, bundle);
    setDraft({
      ...{ id: newId(), name: nameOfFile(file.name), rows, label, slicesBy: [] },
      metrics: metricsFor(taskOf(rows, label, bundle)).slice(0, 1),
    });
  };
  const store = async (event: FormEvent) => {
    event.preventDefault();
    if (!draft) return;
    setBusy(true);
    try {
      const { id, name, label, metrics, slicesBy } = draft;
      const { columns, data } = answered(draft.rows, label);
      const slices = slicesBy.flatMap((column) => slicesOf(draft.rows, column));
      const put = {
        id,
        name: name.trim(),
        modelName,
        columns,
        data: data as (string | number | boolean | null)[][],
        label,
        metrics,
        slices,
      };
      const stored = await client.registry.evaluationSets.put(put);
      cache.setQueryData<EvaluationSet[]>(registryKeys.within(modelName, 'sets'), (sets) =>
        sets ? [...sets.filter((one) => one.id !== stored.id), stored] : sets,
      );
      onDone();
    } catch (error) {
      const { title, lines } = errorLines(error, t);
      setProblems(lines.length > 0 ? lines.slice(0, 8) : [title]);
      setBusy(false);
    }
  };
  const isComplete = draft !== null && draft.name.trim() !== '' && draft.metrics.length > 0;
  return (
    <form className="ck-new-set" aria-label={t('New evaluation set')} onSubmit={(event) => void store(event)}>
      <h3>{t('New evaluation set')}</h3>
      <p className="ck-dim">
        {t(
          'Rows with their true answer: CSV, JSON lines, JSON or Parquet. They are stored as they are, so that every version is asked the same.',
        )}
      </p>
      <div className="ck-form-buttons">
        <FileButton label={draft ? t('Another file…') : t('Choose a file…')} accept={ROW_FILES} onFile={(file) => void take(file)} />
      </div>
      {draft && <Fields draft={draft} bundle={bundle} version={version} onChange={(part) => setDraft({ ...draft, ...part })} />}
      {problems.length > 0 && (
        <ul className="ck-bad ck-plain" role="alert">
          {problems.map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
      )}
      <div className="ck-form-buttons">
        <button type="submit" className="ck-btn ck-primary" disabled={!isComplete || isBusy}>
          {isBusy ? t('Storing…') : t('Store the set')}
        </button>
        <button type="button" className="ck-btn" onClick={onDone}>
          {t('Cancel')}
        </button>
      </div>
    </form>
  );
}

function Fields({
  draft,
  bundle,
  version,
  onChange,
}: {
  draft: Draft;
  bundle: Bundle | null;
  version: number | null;
  onChange: (part: Partial<Draft>) => void;
}): ReactElement {
  const t = useTranslate();
  const id = useId();
  const { rows, label, metrics, slicesBy } = draft;
  const unknown = rows.data.length - answered(rows, label).data.length;
  const missing = missingColumns(rows, bundle);
  const task = taskOf(rows, label, bundle);
  const facts = t('{n} rows, {m} columns', { n: groupThousands(rows.data.length), m: rows.columns.length });
  return (
    <>
      <RowsTable rows={{ columns: rows.columns, data: rows.data.slice(0, SHOWN) }} label={t('The first rows')} />
      <p className="ck-dim">
        {facts}
        {unknown > 0 && ` · ${t('{n} without a true answer are left out', { n: groupThousands(unknown) })}`}
      </p>
      {missing.length > 0 && (
        <p className="ck-warn-text" role="status">
          {t('v{version} also needs {columns}: it cannot be asked these rows.', {
            version: version ?? '?',
            columns: missing
              .slice(0, 5)
              .map((name) => JSON.stringify(name))
              .join(', '),
          })}
        </p>
      )}
      <div className="ck-new-set-fields">
        <label htmlFor={`${id}name`}>{t('Name')}</label>
        <input
          id={`${id}name`}
          className="ck-field"
          value={draft.name}
          maxLength={250}
          onChange={(event) => onChange({ name: event.target.value })}
        />
        <label htmlFor={`${id}label`}>{t('True answer')}</label>
        <select
          id={`${id}label`}
          className="ck-field"
          value={label}
          onChange={({ target: { value } }) => {
            const next = metricsFor(taskOf(rows, value, bundle));
            const kept = metrics.filter((metric) => next.includes(metric));
            onChange({
              label: value,
              slicesBy: slicesBy.filter((column) => column !== value),
              metrics: kept.length > 0 ? kept : next.slice(0, 1),
            });
          }}
        >
          {rows.columns.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <Choices
          legend={t('Metrics')}
          choices={metricsFor(task).map((metric) => [metric, metricName(metric)])}
          chosen={metrics}
          onChosen={(next) => onChange({ metrics: next })}
        />
        <Choices
          legend={t('Slices by')}
          choices={sliceable(rows, label).map((name) => [name, name])}
          chosen={slicesBy}
          onChosen={(next) => onChange({ slicesBy: next })}
          none={t('No column has few values enough.')}
        />
      </div>
    </>
  );
}

function Choices<Key extends string>({
  legend,
  choices,
  chosen,
  onChosen,
  none,
}: {
  legend: string;
  choices: readonly (readonly [Key, string])[];
  chosen: readonly Key[];
  onChosen: (chosen: Key[]) => void;
  none?: string;
}): ReactElement {
  return (
    <fieldset>
      <legend>{legend}</legend>
      {choices.length === 0 && <span className="ck-faint">{none}</span>}
      {choices.map(([key, word]) => (
        <label key={key} className="ck-check">
          <input
            type="checkbox"
            checked={chosen.includes(key)}
            onChange={() => onChosen(chosen.includes(key) ? chosen.filter((one) => one !== key) : [...chosen, key])}
          />{' '}
          {word}
        </label>
      ))}
    </fieldset>
  );
}
