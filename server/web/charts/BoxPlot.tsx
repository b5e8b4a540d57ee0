/** A metric by groups of runs: the middle half as a box, each run as a dot. */
import { boxX, dot, plot } from '@observablehq/plot';
import { type ReactElement, useMemo, useRef } from 'react';
import { useTranslate } from '../host.ts';
import { boxGroups } from './boxGroups.ts';
import { ChartFrame } from './ChartFrame.tsx';
import { ChartOf } from './ChartOf.tsx';
import type { ChartProps } from './chartProps.ts';
import { type Runs, useChartRuns } from './chartRuns.ts';
import { resolver } from './colours.ts';
import { FieldSelect } from './FieldSelect.tsx';
import { columnOf, fieldLabel, fieldsOf } from './fields.ts';
import { LogToggle } from './LogToggle.tsx';
import { plotStyle, scaleOf } from './plotLook.ts';
import { startOptions } from './startOptions.ts';
import { useDrawing } from './useDrawing.ts';
import { useWidth } from './useWidth.ts';

export interface BoxOptions {
  metric: string;
  /** Empty: all runs in one group. */
  by: string;
  log: boolean;
}

const ROW = 34; // px of one group

export function BoxPlot(props: ChartProps<BoxOptions>): ReactElement {
  const found = useChartRuns(props.source);
  return <ChartOf found={found}>{() => <Drawn {...props} runs={found.runs} total={found.total} />}</ChartOf>;
}

function Drawn({ runs, total, options: said, onOptions, selected = null }: ChartProps<BoxOptions> & Runs): ReactElement {
  const t = useTranslate();
  const frame = useRef<HTMLDivElement>(null);
  const drawing = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const start = useMemo(() => startOptions(runs), [runs]);
  const options: BoxOptions = { metric: start.metric, by: start.params[0] ?? 'attributes.status', log: false, ...said };
  const { metric, by } = useMemo(
    () => ({ metric: columnOf(runs, options.metric), by: options.by ? columnOf(runs, options.by) : null }),
    [runs, options.metric, options.by],
  );
  const { groups, left, isRanged } = useMemo(() => boxGroups(metric, by), [metric, by]);
  const fields = useMemo(() => fieldsOf(runs), [runs]);
  const height = 66 + Math.max(2, groups.length) * ROW;

  useDrawing(
    drawing,
    (element) => {
      if (width === 0 || groups.length === 0) return null;
      const theme = resolver(element);
      const rows = groups.flatMap(({ label, members }) =>
        members.map((i) => ({
          group: label,
          value: metric.values[i] as number,
          opacity: !selected || selected.has(runs[i]?.id ?? '') ? 0.75 : 0.1,
          // The same run always lies at the same height within its row.
          lift: (Number.parseInt(runs[i]?.id.slice(0, 4) ?? '0', 16) / 0xffff - 0.5) * ROW * 0.5,
        })),
      );
      const longest = Math.max(...groups.map(({ label }) => label.length));
      return plot({
        width,
        height,
        marginLeft: Math.min(width * 0.35, 24 + longest * 6.2),
        marginRight: 20,
        marginTop: 22,
        marginBottom: 36,
        style: plotStyle(theme),
        x: scaleOf(metric, options.log) ?? {},
        y: {
          label: by ? fieldLabel(by.field) : null,
          domain: groups.map(({ label }) => label),
          tickFormat: (label: string) => (label.length > 30 ? `${label.slice(0, 29)}…` : label),
        },
        opacity: { type: 'identity' },
        marks: [
          boxX(rows, { x: 'value', y: 'group', fill: theme('--ck-s1'), fillOpacity: 0.18, stroke: theme('--ck-s1'), r: 0 }),
          ...rows.map((row) =>
            dot([row], { x: 'value', y: 'group', dy: row.lift, r: 2.6, fill: theme('--ck-s2'), fillOpacity: row.opacity }),
          ),
        ],
      });
    },
    [width, height, groups, metric, by, options.log, selected],
  );

  const names = { metric: fieldLabel(options.metric), by: options.by ? fieldLabel(options.by) : t('all runs') };
  const absent = metric.values.filter((value) => value === null).length;
  return (
    <ChartFrame
      title={t('{metric} by {by}', names)}
      summary={t('Box plot of {metric} in {n} groups by {by}.', { ...names, n: groups.length })}
      drawing={drawing}
      data={{
        columns: [names.by, t('Runs'), t('Least'), t('Lower quartile'), t('Median'), t('Upper quartile'), t('Greatest')],
        rows: groups.map(({ label, quartiles: q }) => ({
          key: label,
          cells: [label, q.n, q.least, q.lower, q.middle, q.upper, q.greatest],
        })),
      }}
      notes={[
        isRanged && t('{by} has many values: ranges of about equally many runs', names),
        absent > 0 && t('{n} runs lack the metric', { n: absent }),
        left > 0 && t('{n} more groups are not drawn', { n: left }),
        total > runs.length && t('the first {n} of {total} runs', { n: runs.length, total }),
      ]}
      controls={
        onOptions && (
          <>
            <FieldSelect
              label={t('Metric')}
              value={options.metric}
              groups={fields.filter(({ group }) => group !== 'tags')}
              onChange={(metric) => onOptions({ ...said, metric })}
            />
            <LogToggle label={t('Log')} isOn={options.log} isPossible={metric.canLog} onChange={(log) => onOptions({ ...said, log })} />
            <FieldSelect
              label={t('Group by')}
              value={options.by}
              groups={fields}
              none={t('nothing')}
              onChange={(by) => onOptions({ ...said, by })}
            />
          </>
        )
      }
    >
      <div ref={frame} className="ck-chart-place" style={{ height }}>
        <div ref={drawing} className="ck-chart-drawing" aria-hidden="true" />
        {groups.length === 0 && <p className="ck-chart-none">{t('No run has {metric} as a number.', names)}</p>}
      </div>
    </ChartFrame>
  );
}
