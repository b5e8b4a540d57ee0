import type { Run } from '@cellkeep/schema/tracking';
import { memo, type ReactElement, useMemo, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { exactNumber, formatMetric } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import type { RunStyle } from '../../look/runColour.ts';
import { CompareTable } from './CompareTable.tsx';
import { likelyDirection, metricRows, type Statistic } from './differences.ts';
import { Absent } from './ParamTable.tsx';
import { useDirections } from './useDirections.ts';

interface Props {
  runs: readonly Run[];
  styles: ReadonlyMap<string, RunStyle>;
}

/** Values of each metric with the best one marked; what counts as best is said on the row and can be turned round. */
export const MetricTable = memo(function MetricTable(props: Props): ReactElement {
  const t = useTranslate();
  const [statistic, setStatistic] = useState<Statistic>('last');
  const [turned, turn] = useDirections();
  const directionOf = useMemo(() => (key: string) => turned[key] ?? likelyDirection(key), [turned]);
  const rows = useMemo(() => metricRows(props.runs, statistic, directionOf), [props.runs, statistic, directionOf]);
  const statistics: [Statistic, string][] = [
    ['last', t('Last')],
    ['min', t('Min')],
    ['max', t('Max')],
  ];
  return (
    <CompareTable
      {...props}
      title={t('Metrics')}
      rows={rows}
      none={t('None of these runs has logged a metric.')}
      noneDiffer={t('All metrics are the same.')}
      aside={
        <fieldset className="ck-segments" aria-label={t('Value of each metric')}>
          {statistics.map(([one, label]) => (
            <button key={one} type="button" aria-pressed={statistic === one} onClick={() => setStatistic(one)}>
              {label}
            </button>
          ))}
        </fieldset>
      }
      head={({ key }) => {
        const isHigher = directionOf(key) === 'higher';
        const says = isHigher ? t('{key}: higher is better', { key }) : t('{key}: lower is better', { key });
        return (
          <button
            type="button"
            className="ck-icon-btn ck-compare-direction"
            data-direction={isHigher ? 'higher' : 'lower'}
            aria-label={says}
            title={`${isHigher ? t('Higher is better') : t('Lower is better')}. ${t('Press to turn it round.')}`}
            onClick={() => turn(key, isHigher ? 'lower' : 'higher')}
          >
            <Icon name="up" size={11} />
          </button>
        );
      }}
      cell={({ values, best }, place) => {
        const value = values[place] ?? null;
        if (value === null) return <Absent />;
        const isBest = best.includes(place);
        return (
          <span className="ck-compare-value" data-best={isBest ? '' : undefined} title={exactNumber(value)}>
            {formatMetric(value)}
            {isBest && (
              <>
                <Icon name="check" size={12} />
                <span className="ck-spoken"> {t('best')}</span>
              </>
            )}
          </span>
        );
      }}
    />
  );
});
