/** What a column holds: for numbers how they spread, for words which there are, each a press away from being the filter. */
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { useClient } from '../../live/shared.ts';
import { formatNumber, groupThousands } from '../../look/format.ts';
import { errorText } from '../../look/states.tsx';
import type { RunSearch } from '../queries.ts';
import { type Column, metricOf } from './columns.ts';
import { groupLabel } from './GroupRow.tsx';
import { conditionOf, fieldOf } from './groups.ts';
import { type Bin, binsOf } from './histogram.ts';
import { scopeOf, useMetricFacts } from './useGroups.ts';

const SAMPLE = 1_000; // runs whose values are drawn: the most that one answer holds
const VALUES = 6; // of a word's column, the most frequent ones

export function ColumnValues(props: { column: Column; search: RunSearch; onFilter: (condition: string) => void }): ReactElement {
  return props.column.kind === 'metric' ? <Numbers {...props} /> : <Words {...props} />;
}

function Numbers({ column, search, onFilter }: { column: Column; search: RunSearch; onFilter: (condition: string) => void }): ReactElement {
  const t = useTranslate();
  const client = useClient();
  const facts = useMetricFacts(search, [column.key]).get(column.key);
  const input = { ...scopeOf(search), metrics: [column.key], params: [], tags: [], details: false, limit: SAMPLE };
  const sample = useQuery({
    queryKey: ['runs', 'sample', input],
    staleTime: 10_000,
    queryFn: async ({ signal }) => {
      const { runs, nextCursor } = await client.tracking.runs.search({ ...input, count: 'none' }, { signal });
      const values = runs.flatMap((run) => metricOf(run, column) ?? []);
      return { values, isWhole: nextCursor === null };
    },
  });
  if (sample.error) return <p className="ck-bad">{errorText(sample.error, t)}</p>;
  const bins = binsOf((sample.data?.values ?? []).map((value) => ({ value, count: 1 })));
  const odd = (sample.data?.values ?? []).filter((value) => !Number.isFinite(value)).length;
  return (
    <div className="ck-column-values">
      <Histogram bins={bins} isLoading={sample.isPending} name={column.label} onRange={(from, to) => onFilter(rangeOf(column, from, to))} />
      <p className="ck-faint">
        {sample.isPending
          ? t('Loading')
          : sample.data?.isWhole
            ? t('{n} runs have it', { n: groupThousands(sample.data.values.length) })
            : t('of the newest {n} runs', { n: groupThousands(SAMPLE) })}
        {odd > 0 && ` · ${t('{n} not finite', { n: odd })}`}
      </p>
      {facts && (
        <dl className="ck-column-facts">
          {(
            [
              [t('min'), facts.min],
              [t('mean'), facts.mean],
              [t('max'), facts.max],
            ] as const
          ).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd title={String(value)}>{formatNumber(value)}</dd>
            </div>
          ))}
          <div>
            <dt>{t('runs')}</dt>
            <dd>{groupThousands(facts.count)}</dd>
          </div>
        </dl>
      )}
    </div>
  );
}

const rangeOf = (column: Column, from: number, to: number) => `${fieldOf(column.id)} >= ${from} and ${fieldOf(column.id)} <= ${to}`;

function Words({ column, search, onFilter }: { column: Column; search: RunSearch; onFilter: (condition: string) => void }): ReactElement {
  const t = useTranslate();
  const client = useClient();
  const by = column.groupBy ?? column.id;
  // Numbers that a param says are drawn when there are not too many different ones to ask for.
  const input = { ...scopeOf(search), by: [by], limit: SAMPLE };
  const answer = useQuery({
    queryKey: ['runs', 'values', input],
    staleTime: 10_000,
    queryFn: ({ signal }) => client.tracking.runs.groups(input, { signal }),
  });
  if (answer.error) return <p className="ck-bad">{errorText(answer.error, t)}</p>;
  const groups = answer.data?.groups ?? [];
  const shown = groups.slice(0, VALUES);
  const most = Math.max(1, ...shown.map(({ count }) => count));
  const numbers = groups.flatMap(({ values: [value], count }) => (value ? [{ value: Number(value), count }] : []));
  const areNumbers = numbers.length > VALUES && numbers.every(({ value }) => Number.isFinite(value));
  return (
    <div className="ck-column-values">
      {areNumbers && (
        <Histogram
          bins={binsOf(numbers)}
          isLoading={false}
          name={column.label}
          onRange={(from, to) => onFilter(rangeOf(column, from, to))}
        />
      )}
      <ul>
        {shown.map(({ values: [value = null], labels: [label = null], count }) => {
          const name = groupLabel({ by, value, label }, t);
          return (
            <li key={value ?? 'none'}>
              <button
                type="button"
                className="ck-value"
                aria-label={t('Only {name}: {n} runs', { name, n: count })}
                onClick={() => onFilter(conditionOf(by, by === 'attributes.experiment' ? label : value))}
              >
                <i style={{ width: `${(count / most) * 100}%` }} aria-hidden="true" />
                <span className={value === null ? 'ck-faint' : undefined}>{name}</span>
                <span className="ck-dim">{groupThousands(count)}</span>
              </button>
            </li>
          );
        })}
      </ul>
      <p className="ck-faint">
        {answer.isPending
          ? t('Loading')
          : (answer.data?.total ?? 0) > VALUES
            ? t('{n} different values', { n: groupThousands(answer.data?.total ?? 0) })
            : ' '}
      </p>
    </div>
  );
}

const [WIDTH, HEIGHT] = [260, 56];

/** A bar is a button: it narrows the filter to its range. */
function Histogram({
  bins,
  isLoading,
  name,
  onRange,
}: {
  bins: readonly Bin[];
  isLoading: boolean;
  name: string;
  onRange: (from: number, to: number) => void;
}): ReactElement {
  const t = useTranslate();
  const most = Math.max(1, ...bins.map(({ count }) => count));
  if (isLoading || bins.length === 0) {
    return (
      <p className="ck-histogram-empty ck-faint" style={{ height: HEIGHT + 16 }}>
        {isLoading ? '' : t('No finite value')}
      </p>
    );
  }
  return (
    <figure className="ck-histogram" aria-label={t('Histogram of {name}', { name })}>
      <div style={{ height: HEIGHT, maxWidth: WIDTH }}>
        {bins.map(({ from, to, count }) => {
          const label = t('{from} to {to}: {n} runs', { from: formatNumber(from), to: formatNumber(to), n: groupThousands(count) });
          return (
            <button key={from} type="button" title={label} aria-label={label} onClick={() => onRange(from, to)}>
              <i style={{ height: count === 0 ? 0 : Math.max(2, (count / most) * HEIGHT) }} />
            </button>
          );
        })}
      </div>
      <figcaption>
        <span>{formatNumber(bins[0]?.from ?? 0)}</span>
        <span>{formatNumber(bins.at(-1)?.to ?? 0)}</span>
      </figcaption>
    </figure>
  );
}
