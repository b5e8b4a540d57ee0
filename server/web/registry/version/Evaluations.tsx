/** What was measured of a version: a table for each set, all rows first, then its slices; the worst slice stands out. */
import { type Evaluation, type EvaluationMetric, type EvaluationSet, worstNamedSlice } from '@cellkeep/schema/registry';
import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { exactNumber, formatMetric, groupThousands } from '../../look/format.ts';
import { Empty, ErrorState, Skeleton } from '../../look/states.tsx';
import { EvaluationState } from '../model/EvaluationState.tsx';
import { formatMicros, metricName, newestByVersion } from '../numbers.ts';
import { useEvaluations, useSets } from '../queries.ts';
import { WideTable } from '../WideTable.tsx';
import { WorstSlices } from './WorstSlices.tsx';

export function Evaluations({ name, version, canStart }: { name: string; version: number; canStart: boolean }): ReactElement {
  const t = useTranslate();
  const sets = useSets(name);
  const evaluations = useEvaluations(name, version);
  const error = sets.error ?? evaluations.error;
  if (!sets.data || !evaluations.data)
    return error ? <ErrorState error={error} onRetry={() => void sets.refetch()} /> : <Skeleton rows={5} />;
  if (sets.data.length === 0) {
    return (
      <Empty icon="table" title={t('No evaluation sets yet')}>
        <p>{t('The model page shows how one is stored; then every version can be asked the same rows.')}</p>
      </Empty>
    );
  }
  return (
    <>
      {sets.data.map((set) => (
        <SetResults
          key={set.id}
          set={set}
          version={version}
          found={newestByVersion(evaluations.data, set.id).get(version) ?? null}
          canStart={canStart}
        />
      ))}
    </>
  );
}

function SetResults({
  set,
  version,
  found,
  canStart,
}: {
  set: EvaluationSet;
  version: number;
  found: { last: Evaluation; done: Evaluation | null } | null;
  canStart: boolean;
}): ReactElement {
  const t = useTranslate();
  const done = found?.done ?? null;
  return (
    <section className="ck-section" aria-label={set.name}>
      <h2>
        {set.name} <EvaluationState set={set} version={version} evaluation={found?.last ?? null} canStart={canStart} />
      </h2>
      {found?.last.status === 'failed' && <p className="ck-bad">{found.last.error}</p>}
      {done && (
        <>
          {done.latencyUs !== null && (
            <p className="ck-dim">{t('Median of one row, asked alone: {time}', { time: formatMicros(done.latencyUs) })}</p>
          )}
          <ResultTable set={set} results={done.results} />
          <WorstSlices set={set} worst={done.worst} />
        </>
      )}
    </section>
  );
}

function ResultTable({ set, results }: { set: EvaluationSet; results: Evaluation['results'] }): ReactElement {
  const t = useTranslate();
  const slices = [null, ...set.slices.map(({ name }) => name)];
  const resultOf = (slice: string | null, metric: EvaluationMetric) => results.find((one) => one.slice === slice && one.metric === metric);
  const worst = new Map(set.metrics.map((metric) => [metric, worstNamedSlice(metric, results)?.slice]));
  return (
    <WideTable label={t('Results on {name}', { name: set.name })}>
      <table className="ck-list">
        <thead>
          <tr>
            <th>{t('Rows')}</th>
            <th className="ck-num">{t('Number')}</th>
            {set.metrics.map((metric) => (
              <th key={metric} className="ck-num">
                {metricName(metric)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {slices.map((slice) => (
            <tr key={slice ?? ''}>
              <td className="ck-first">{slice ?? t('all rows')}</td>
              <td className="ck-num">{groupThousands(resultOf(slice, set.metrics[0] as EvaluationMetric)?.rows ?? 0)}</td>
              {set.metrics.map((metric) => {
                const value = resultOf(slice, metric)?.value;
                const isWorst = slice !== null && worst.get(metric) === slice;
                return (
                  <td
                    key={metric}
                    className={isWorst ? 'ck-num ck-worst' : 'ck-num'}
                    title={value === undefined ? undefined : exactNumber(value)}
                  >
                    {value === undefined ? '–' : formatMetric(value)}
                    {isWorst && <span className="ck-spoken"> {t('(the worst slice)')}</span>}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </WideTable>
  );
}
