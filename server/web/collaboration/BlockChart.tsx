/** The chart of a block that is right. */
import type { ReportBlock } from '@cellkeep/schema/collaboration';
import type { Run } from '@cellkeep/schema/tracking';
import { fromWire } from '@cellkeep/schema/wire';
import type { ReactElement } from 'react';
import { ChartOf } from '../charts/ChartOf.tsx';
import { type RunsSource, useChartRuns } from '../charts/chartRuns.ts';
import { BoxPlot, CurvesChart, ParallelCoordinates, ParamImportance, Scatter } from '../charts/index.ts';
import { useTranslate } from '../host.ts';
import { useWatch } from '../live/shared.ts';
import { exactNumber, groupThousands, unitOf } from '../look/format.ts';
import { ViewLink } from '../look/ViewLink.tsx';
import { ReportTable } from './ReportTable.tsx';

type Of<Chart> = Extract<ReportBlock, { chart: Chart }>;

export function BlockChart({ block, source }: { block: ReportBlock; source: RunsSource }): ReactElement {
  const t = useTranslate();
  const found = useChartRuns(source);
  // A search is asked again when a run begins; the runs that it found are watched by useChartRuns.
  const experimentIds = 'experimentIds' in source ? source.experimentIds : undefined;
  useWatch('runIds' in source ? null : experimentIds ? { experimentIds: [...experimentIds] } : {}, (event) => {
    if (event.type === 'run' && event.change !== 'updated') found.refetch();
  });
  const missing = 'runIds' in source && !found.isLoading ? source.runIds.length - found.runs.length : 0;
  const more = 'runIds' in source ? 0 : found.total - found.runs.length;
  return (
    <>
      <ChartOf found={found}>{() => drawn(block, found.runs)}</ChartOf>
      {missing > 0 && (
        <p className="ck-chart-notes ck-faint">
          {t(missing === 1 ? '{n} run is not here any more' : '{n} runs are not here any more', { n: missing })}
        </p>
      )}
      {more > 0 && found.runs.length > 0 && (
        <p className="ck-chart-notes ck-faint">
          {t('{n} of {total} runs that match', { n: groupThousands(found.runs.length), total: groupThousands(found.total) })}
        </p>
      )}
    </>
  );
}

/** The runs are here already: one search for a chart and for what is said below it. */
function drawn(block: ReportBlock, runs: readonly Run[]): ReactElement {
  const { height } = block;
  const source = { runs };
  switch (block.chart) {
    case 'curves': {
      const { metrics, axis: xAxis = 'step', smoothing = 0, log = false } = block;
      return <CurvesChart source={source} options={{ ...(metrics ? { metrics } : {}), xAxis, smoothing, log }} height={height ?? 220} />;
    }
    case 'table':
      return <ReportTable runs={runs} columns={block.columns} />;
    case 'metric':
      return <OneNumber block={block} runs={runs} />;
    case 'scatter':
      return <Scatter source={source} options={said({ x: block.x, y: block.y, colour: block.color })} height={height} />;
    case 'parallel':
      return <ParallelCoordinates source={source} options={said({ axes: block.columns, colour: block.color })} height={height} />;
    case 'box':
      return <BoxPlot source={source} options={said({ metric: block.metric, by: block.by })} height={height} />;
    case 'importance':
      return <ParamImportance source={source} options={said({ metric: block.metric })} height={height} />;
  }
}

/** What a block leaves out, the chart chooses. */
function said<Options extends object>(options: Options): { [Key in keyof Options]?: Exclude<Options[Key], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}

/** The value of the first run that has the metric: with an order, the best. */
function OneNumber({ block, runs }: { block: Of<'metric'>; runs: readonly Run[] }): ReactElement {
  const t = useTranslate();
  const run = runs.find(({ metrics }) => metrics[block.metric]);
  const value = run?.metrics[block.metric]?.[block.of ?? 'last'];
  if (!run || value === undefined) return <p className="ck-dim">{t('None of the runs has the metric {name}.', { name: block.metric })}</p>;
  return (
    <p className="ck-report-number">
      <b title={exactNumber(value)}>{unitOf(block.metric)(fromWire(value))}</b>
      <span>
        {block.label ?? (block.of && block.of !== 'last' ? `${block.of} ${block.metric}` : block.metric)} ·{' '}
        <ViewLink to={{ view: 'run', id: run.id }}>{run.name}</ViewLink>
      </span>
    </p>
  );
}
