/** What is chosen for a new evaluation set: its name, which column is the answer, what is measured, which slices. */
import type { Bundle, EvaluationMetric } from '@cellkeep/schema/registry';
import { type ReactElement, useId } from 'react';
import { RowsTable } from '../../deployment/predictions/RowsTable.tsx';
import { type Translate, useTranslate } from '../../host.ts';
import { groupThousands } from '../../look/format.ts';
import { metricName } from '../numbers.ts';
import { type Answered, MOST_BYTES, MOST_SLICES, metricsFor, missingColumns, type Rows, taskOf } from './setDraft.ts';

const SHOWN = 3; // rows, to see that they were read as meant

export interface Draft {
  id: string;
  name: string;
  rows: Rows;
  label: string;
  metrics: EvaluationMetric[];
  slicesBy: string[];
}

/** Why such a set would be refused, before megabytes of it are sent; null: nothing is known against it. */
export function obstacleOf({ data, bytes }: Pick<Answered, 'data' | 'bytes'>, slices: number, t: Translate): string | null {
  if (data.length === 0) return t('No row has a true answer in this column.');
  if (bytes > MOST_BYTES) {
    return t('These rows are {n} MiB as JSON, and a set holds at most {most}: leave out columns or rows.', {
      n: Math.ceil(bytes / 2 ** 20),
      most: MOST_BYTES / 2 ** 20,
    });
  }
  return slices > MOST_SLICES
    ? t('These columns make {n} slices, and a set has at most {most}: choose fewer.', { n: slices, most: MOST_SLICES })
    : null;
}

export function SetFields({
  draft,
  known,
  task,
  bundle,
  version,
  onChange,
}: {
  draft: Draft;
  known: Answered;
  task: 'classification' | 'regression';
  bundle: Bundle | null;
  version: number | null;
  onChange: (part: Partial<Draft>) => void;
}): ReactElement {
  const t = useTranslate();
  const id = useId();
  const { rows, label, metrics, slicesBy } = draft;
  const unknown = rows.data.length - known.data.length;
  const missing = missingColumns(rows, bundle);
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
          choices={[...known.categories.keys()].map((name) => [name, name])}
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
