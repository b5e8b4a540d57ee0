import type { Run } from '@cellkeep/schema/tracking';
import { fromWire } from '@cellkeep/schema/wire';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type ReactElement, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { keys } from '../../live/cache.ts';
import { useClient } from '../../live/shared.ts';
import { exactNumber, formatMetric, groupThousands } from '../../look/format.ts';
import { runColour } from '../../look/runColour.ts';
import { Sparkline } from '../../look/Sparkline.tsx';
import { ownMetrics } from '../mainMetric.ts';
import { matching } from './groups.ts';
import { MoreRows, ROWS, SEARCH_FROM, SearchField } from './rows.tsx';
import { Section } from './Section.tsx';

/** Last, least and greatest value of each metric. */
export function Results({ run }: { run: Run }): ReactElement {
  const t = useTranslate();
  const [typed, setTyped] = useState('');
  const [limit, setLimit] = useState(ROWS);
  const all = ownMetrics(run);
  const found = matching(all, typed);
  const shown = found.slice(0, limit);
  const sparks = useSparks(run, shown);
  if (all.length === 0) {
    return (
      <Section title={t('Results')}>
        <p className="ck-run-none">
          {run.status === 'running' ? t('No number yet. It appears here as soon as it is logged.') : t('This run logged no metric.')}{' '}
          <code className="ck-mono">cellkeep.log({'{"loss": 0.1}'})</code>
        </p>
      </Section>
    );
  }
  return (
    <Section
      title={t('Results')}
      count={all.length}
      aside={all.length > SEARCH_FROM && <SearchField value={typed} onChange={setTyped} label={t('Find a metric')} />}
    >
      <div className="ck-run-scroll">
        <table className="ck-run-table">
          <thead>
            <tr>
              <th scope="col">{t('Metric')}</th>
              <th scope="col" className="ck-num">
                {t('Last')}
              </th>
              <th scope="col" className="ck-run-spark" aria-label={t('Course')} />
              <th scope="col" className="ck-num">
                {t('Min')}
              </th>
              <th scope="col" className="ck-num">
                {t('Max')}
              </th>
              <th scope="col" className="ck-num ck-run-step">
                {t('Step')}
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((key) => {
              const summary = run.metrics[key];
              if (!summary) return null;
              return (
                <tr key={key}>
                  <th scope="row" title={key}>
                    {key}
                  </th>
                  <td className="ck-num ck-run-value" title={exactNumber(summary.last)}>
                    {formatMetric(summary.last)}
                  </td>
                  <td className="ck-run-spark">
                    {summary.count > 1 && <Sparkline values={sparks.get(key) ?? []} colour={runColour(run.id)} />}
                  </td>
                  <td className="ck-num ck-dim" title={exactNumber(summary.min)}>
                    {formatMetric(summary.min)}
                  </td>
                  <td className="ck-num ck-dim" title={exactNumber(summary.max)}>
                    {formatMetric(summary.max)}
                  </td>
                  <td className="ck-num ck-faint ck-run-step" title={t('{n} points', { n: groupThousands(summary.count) })}>
                    {groupThousands(summary.lastStep)}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {found.length === 0 && <p className="ck-run-none">{t('No metric has this in its name.')}</p>}
      <MoreRows shown={shown.length} total={found.length} onMore={() => setLimit(limit * 10)} />
    </Section>
  );
}

const POINTS = 32; // a spark is 56 pixels wide

/** The course of each metric; a running one goes on by its summaries. */
function useSparks(run: Run, shown: readonly string[]): ReadonlyMap<string, number[]> {
  const client = useClient();
  const wanted = shown.filter((key) => (run.metrics[key]?.count ?? 0) > 1);
  const { data } = useQuery({
    queryKey: keys.sparks([run.id], wanted.join('~')),
    enabled: wanted.length > 0,
    staleTime: 30_000,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) =>
      (await client.tracking.metrics.history({ runIds: [run.id], keys: wanted, maxPoints: POINTS }, { signal })).series,
  });
  return new Map(
    (data ?? []).map(({ key, values, steps }) => {
      const shape = values.map(fromWire);
      const summary = run.metrics[key];
      if (summary && summary.lastStep > (steps.at(-1) ?? Number.NEGATIVE_INFINITY)) shape.push(fromWire(summary.last));
      return [key, shape] as const;
    }),
  );
}
