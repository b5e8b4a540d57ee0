/** Which params a metric hangs on, as far as these runs tell; what that means and where it ends stands below it. */
import { barX, plot, text } from '@observablehq/plot';
import { useQuery } from '@tanstack/react-query';
import { type ReactElement, useMemo, useRef } from 'react';
import { useTranslate } from '../host.ts';
import { Empty, ErrorState, Skeleton } from '../look/states.tsx';
import { ChartFrame } from './ChartFrame.tsx';
import { ChartOf } from './ChartOf.tsx';
import type { ChartProps } from './chartProps.ts';
import { type Runs, useChartRuns } from './chartRuns.ts';
import { resolver } from './colours.ts';
import { FieldSelect } from './FieldSelect.tsx';
import { fieldLabel, fieldsOf, fieldValue, varyingParams } from './fields.ts';
import { importanceOf, LEAST_RUNS } from './importance/importance.ts';
import { plotStyle } from './plotLook.ts';
import { startOptions } from './startOptions.ts';
import { useDrawing } from './useDrawing.ts';
import { useWidth } from './useWidth.ts';

export interface ImportanceOptions {
  metric: string;
}

const ROW = 26; // px of one param
/** R² below which the forest has learnt too little for its order to mean anything. */
const TOO_LITTLE = 0.1;

export function ParamImportance(props: ChartProps<ImportanceOptions>): ReactElement {
  const found = useChartRuns(props.source);
  return <ChartOf found={found}>{() => <Drawn {...props} runs={found.runs} total={found.total} />}</ChartOf>;
}

function Drawn({ runs, options: said, onOptions }: ChartProps<ImportanceOptions> & Runs): ReactElement {
  const t = useTranslate();
  const frame = useRef<HTMLDivElement>(null);
  const drawing = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const start = useMemo(() => startOptions(runs), [runs]);
  const options: ImportanceOptions = { metric: start.metric, ...said };
  const groups = useMemo(() => fieldsOf(runs).filter(({ group }) => group === 'metrics' || group === 'min' || group === 'max'), [runs]);
  const inputs = useMemo(() => {
    const params = varyingParams(runs);
    return runs
      .map((run) => [run.id, fieldValue(run, options.metric), ...params.map((field) => fieldValue(run, field))].join(' '))
      .join('\n');
  }, [runs, options.metric]);
  const { data, error, refetch } = useQuery({
    queryKey: ['importance', options.metric, inputs],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => importanceOf(runs, options.metric, () => turn(signal)),
  });
  const weights = data?.state === 'done' ? data.weights : NONE;
  const height = 44 + Math.max(1, weights.length) * ROW;
  const direction = (correlation: number | null) =>
    correlation === null ? t('category') : `${correlation >= 0 ? '↗' : '↘'} ${correlation.toFixed(2)}`;

  useDrawing(
    drawing,
    (element) => {
      if (width === 0 || weights.length === 0) return null;
      const theme = resolver(element);
      const rows = weights.map(({ field, importance, correlation }) => ({
        name: fieldLabel(field),
        importance,
        said: `${Math.round(importance * 100)} %   ${direction(correlation)}`,
        colour: theme(correlation === null ? '--ck-s8' : correlation >= 0 ? '--ck-s1' : '--ck-s2'),
      }));
      const longest = Math.max(...rows.map(({ name }) => name.length));
      return plot({
        width,
        height,
        marginLeft: Math.min(width * 0.4, 20 + longest * 6.4),
        marginRight: 104,
        marginTop: 6,
        marginBottom: 34,
        style: plotStyle(theme),
        x: {
          label: t('share of what the params explain'),
          grid: true,
          percent: true,
          domain: [0, Math.max(0.05, rows[0]?.importance ?? 0) * 100],
          ticks: 5,
        },
        y: {
          label: null,
          domain: rows.map(({ name }) => name),
          tickFormat: (name: string) => (name.length > 34 ? `${name.slice(0, 33)}…` : name),
          padding: 0.3,
        },
        marks: [
          barX(rows, { x: 'importance', y: 'name', fill: 'colour', rx2: 2 }),
          text(rows, { x: 'importance', y: 'name', text: 'said', textAnchor: 'start', dx: 6, fill: theme('--ck-text') }),
        ],
      });
    },
    [width, height, weights],
  );

  const name = fieldLabel(options.metric);
  const control = onOptions && (
    <FieldSelect label={t('Metric')} value={options.metric} groups={groups} onChange={(metric) => onOptions({ ...said, metric })} />
  );
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <ChartFrame
      title={t('What {metric} hangs on', { metric: name })}
      summary={t('Importance of {n} params for {metric}, greatest first.', { n: weights.length, metric: name })}
      drawing={drawing}
      data={{
        columns: [t('Param'), t('Importance'), t('Rank correlation'), t('Values')],
        rows: weights.map(({ field, importance, correlation, values }) => ({
          key: field,
          cells: [fieldLabel(field), importance, correlation, values],
        })),
      }}
      controls={control}
      notes={
        data?.state === 'done'
          ? [
              data.explained < TOO_LITTLE
                ? t(
                    'From these params the forest cannot predict {metric} (R² {r2} on runs that it has not seen): this order means little.',
                    { metric: name, r2: data.explained.toFixed(2) },
                  )
                : t('The forest predicts {part} % of the variance of runs that it has not seen, of {n} runs.', {
                    part: Math.round(data.explained * 100),
                    n: data.runs,
                  }),
              t(
                'Random forest, 5 folds of 40 trees with a fixed seed; importance is what shuffling a param costs on held-out runs. ↗ ↘ is Spearman’s rank correlation. Params that go together share their importance, and none of this says that a param is the cause.',
              ),
              data.left > 0 && t('{n} more params are left out', { n: data.left }),
            ]
          : []
      }
    >
      <div ref={frame} className="ck-chart-place" style={{ minHeight: height }} aria-busy={!data}>
        <div ref={drawing} className="ck-chart-drawing" aria-hidden="true" />
        {!data && <Skeleton rows={5} />}
        {data?.state === 'few' && (
          <Empty icon="chart" title={t('Too few runs')}>
            <p>
              {t('{n} of these runs have {metric}; from {least} on it can be told which params it hangs on. Add runs above.', {
                n: data.runs,
                metric: name,
                least: LEAST_RUNS,
              })}
            </p>
          </Empty>
        )}
        {data?.state === 'same' && (
          <Empty icon="chart" title={data.what === 'params' ? t('All params are the same') : t('The metric is the same in all runs')}>
            <p>{t('Where nothing differs, nothing can be told apart.')}</p>
          </Empty>
        )}
      </div>
    </ChartFrame>
  );
}

const NONE: never[] = [];

/** Gives the page its turn; ends the work where nobody waits for it any more. */
const turn = (signal: AbortSignal) =>
  new Promise<void>((resolve, reject) => setTimeout(() => (signal.aborted ? reject(signal.reason as Error) : resolve()), 0));
