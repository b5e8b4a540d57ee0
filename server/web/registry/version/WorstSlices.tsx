/** Rows on which a version is worst that nobody had to name: of each metric the values and quartiles of single columns, worst first. */
import { columnsLookedAt, type Evaluation, type EvaluationSet } from '@cellkeep/schema/registry';
import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { exactNumber, formatMetric, groupThousands } from '../../look/format.ts';
import { metricName } from '../numbers.ts';
import { WideTable } from '../WideTable.tsx';

export function WorstSlices({ set, worst }: { set: EvaluationSet; worst: Evaluation['worst'] }): ReactElement | null {
  const t = useTranslate();
  if (worst.length === 0) return null;
  const columns = set.columns.length - 1; // without the label
  const looked = columnsLookedAt(set.rows);
  return (
    <section className="ck-worst-slices">
      <h3>{t('Where it is worst')}</h3>
      <p className="ck-dim">
        {looked < columns
          ? t('Of the values and quartiles of the first {looked} of {columns} columns, without what chance explains.', { looked, columns })
          : t('Of the values and quartiles of each column, without what chance explains.')}
      </p>
      <WideTable label={t('Worst slices of {name}', { name: set.name })}>
        <table className="ck-list">
          <thead>
            <tr>
              <th>{t('Metric')}</th>
              <th>{t('Rows')}</th>
              <th className="ck-num">{t('Number')}</th>
              <th className="ck-num">{t('There')}</th>
              <th className="ck-num">{t('On all rows')}</th>
            </tr>
          </thead>
          <tbody>
            {worst.map(({ metric, slice, value, whole, rows }, i) => (
              <tr key={`${metric} ${slice}`} data-first={worst[i - 1]?.metric === metric ? undefined : ''}>
                <td className="ck-dim">{metricName(metric)}</td>
                <td className="ck-first">{slice}</td>
                <td className="ck-num">{groupThousands(rows)}</td>
                <td className="ck-num ck-worst" title={exactNumber(value)}>
                  {formatMetric(value)}
                </td>
                <td className="ck-num ck-dim" title={exactNumber(whole)}>
                  {formatMetric(whole)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </WideTable>
    </section>
  );
}
