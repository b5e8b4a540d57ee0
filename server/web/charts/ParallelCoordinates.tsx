/** A line a run over one axis a field. A drag along an axis chooses runs; the name of an axis is dragged to its place, or moved by its menu. */
import { type PointerEvent, type ReactElement, useEffect, useMemo, useRef, useState } from 'react';
import { useHost, useTranslate } from '../host.ts';
import { useRunStyles } from '../live/shared.ts';
import { useTheme } from '../look/useTheme.ts';
import { ChartFrame } from './ChartFrame.tsx';
import { ChartOf } from './ChartOf.tsx';
import type { ChartProps } from './chartProps.ts';
import { type Runs, useChartRuns } from './chartRuns.ts';
import { colouringOf, resolver } from './colours.ts';
import { FieldSelect } from './FieldSelect.tsx';
import { columnOf, fieldLabel, fieldsOf } from './fields.ts';
import { type Axis, axisOf, type Ranges, withinRanges } from './parallel/axes.ts';
import { ParallelAxis } from './parallel/ParallelAxis.tsx';
import { RunTip } from './RunTip.tsx';
import { startOptions } from './startOptions.ts';
import { useWidth } from './useWidth.ts';
import { valueText } from './valueText.ts';

export interface ParallelOptions {
  axes: string[];
  /** Axes that are logarithmic. */
  log: string[];
  colour: string;
  ranges: Ranges;
}

const MOST_AXES = 8; // at first; more are added by hand
const EDGE = { left: 56, right: 56, top: 44, bottom: 34 }; // px
const NARROWEST = 92; // px between two axes; below it the drawing scrolls
const REACH = 10; // px

export function ParallelCoordinates(props: ChartProps<ParallelOptions>): ReactElement {
  const found = useChartRuns(props.source);
  return <ChartOf found={found}>{() => <Drawn {...props} runs={found.runs} total={found.total} />}</ChartOf>;
}

function Drawn(props: ChartProps<ParallelOptions> & Runs): ReactElement {
  const { runs, total, options: said, onOptions, selected = null, onSelect, highlight = null, onHover, height = 360 } = props;
  const t = useTranslate();
  const host = useHost();
  useTheme(); // colours are read again
  const frame = useRef<HTMLDivElement>(null);
  const room = useWidth(frame);
  const [hovered, setHovered] = useState<{ place: number; left: number; top: number } | null>(null);
  const [dragged, setDragged] = useState<{ field: string; left: number } | null>(null);
  const start = useMemo(() => startOptions(runs), [runs]);
  const options: ParallelOptions = {
    axes: [...start.params.slice(0, MOST_AXES - 1), start.metric],
    log: [],
    colour: start.metric,
    ranges: {},
    ...said,
  };
  const runIds = useMemo(() => runs.map(({ id }) => id), [runs]);
  const own = useRunStyles(props.styles ? [] : runIds);
  const styles = props.styles ?? own;
  const joined = options.axes.join('\n');
  const logs = options.log.join('\n');
  const axes = useMemo(
    () => (joined ? joined.split('\n') : []).map((field) => axisOf(columnOf(runs, field), logs.split('\n').includes(field))),
    [runs, joined, logs],
  );
  const within = useMemo(() => withinRanges(axes, options.ranges, runIds), [axes, options.ranges, runIds]);
  const colour = useMemo(() => (options.colour ? columnOf(runs, options.colour) : null), [runs, options.colour]);
  const resolve = frame.current ? resolver(frame.current) : () => '';
  const colouring = colouringOf(runIds, colour, styles, resolve, (value) => (colour ? valueText(colour, value) : ''));
  const groups = useMemo(() => fieldsOf(runs), [runs]);

  // Brushes come from the address, too: who shows this chart is told of what they choose, not of the drag.
  const told = useRef<string | null>(null);
  useEffect(() => {
    const chosen = within && [...within].join();
    if (chosen === told.current) return;
    told.current = chosen;
    onSelect?.(within);
  }, [within, onSelect]);

  const width = Math.max(room, EDGE.left + EDGE.right + NARROWEST * Math.max(1, axes.length - 1));
  const [bottom, tall] = [height - EDGE.bottom, height - EDGE.top - EDGE.bottom];
  const leftOf = (i: number) => (axes.length < 2 ? width / 2 : EDGE.left + (i * (width - EDGE.left - EDGE.right)) / (axes.length - 1));
  // What a run lacks lies below the axis, on a place of its own.
  const topOf = (axis: Axis, run: number) => {
    const place = axis.places[run];
    return place == null ? bottom + 14 : bottom - place * tall;
  };
  const isFront = (i: number) => {
    const id = runIds[i] as string;
    return (!within || within.has(id)) && (!selected || selected.has(id));
  };
  const change = (part: Partial<ParallelOptions>) => onOptions?.({ ...options, ...part });
  const rangeTo = (field: string, range: readonly [number, number] | null) => {
    const { [field]: _, ...others } = options.ranges;
    const ranges = range ? { ...others, [field]: range } : others;
    change({ ranges });
  };
  const moveAxis = (from: number, to: number) => {
    const order = options.axes.filter((_, i) => i !== from);
    order.splice(Math.max(0, Math.min(order.length, to)), 0, options.axes[from] as string);
    change({ axes: order });
  };
  const dropAt = (field: string, left: number) => {
    setDragged(null);
    const from = options.axes.indexOf(field);
    const step = (width - EDGE.left - EDGE.right) / Math.max(1, axes.length - 1);
    const to = Math.round((left - EDGE.left) / step);
    if (to !== from) moveAxis(from, to);
  };
  const nearestRun = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const right = axes.findIndex((_, i) => leftOf(i) >= x);
    if (right < 1) return null;
    const [a, b] = [axes[right - 1] as Axis, axes[right] as Axis];
    const part = (x - leftOf(right - 1)) / (leftOf(right) - leftOf(right - 1));
    let [found, least]: [number | null, number] = [null, REACH];
    runs.forEach((_, i) => {
      if (!isFront(i)) return;
      const distance = Math.abs(topOf(a, i) + (topOf(b, i) - topOf(a, i)) * part - y);
      if (distance < least) [found, least] = [i, distance];
    });
    return found === null ? null : { place: found, left: x, top: y };
  };
  const hover = (at: typeof hovered) => {
    if (at?.place !== hovered?.place) onHover?.(at ? (runIds[at.place] as string) : null);
    setHovered(at);
  };
  const lit = hovered?.place ?? runIds.indexOf(highlight ?? '');
  const order = runs.map((_, i) => i).sort((a, b) => Number(a === lit) - Number(b === lit) || Number(isFront(a)) - Number(isFront(b)));
  const front = runs.filter((_, i) => isFront(i)).length;
  return (
    <ChartFrame
      title={t('Parallel coordinates')}
      summary={t('Parallel coordinates of {n} runs over {fields}; {front} of them are chosen.', {
        n: runs.length,
        fields: options.axes.map(fieldLabel).join(', '),
        front,
      })}
      drawing={frame}
      colouring={colouring}
      data={{
        columns: [t('Run'), ...axes.map(({ field }) => fieldLabel(field))],
        rows: runs.flatMap((run, i) =>
          isFront(i) ? [{ key: run.id, runId: run.id, cells: [run.name, ...axes.map(({ column }) => column.values[i] ?? null)] }] : [],
        ),
      }}
      notes={[
        within !== null && t('{n} of {total} runs lie within what is brushed', { n: within.size, total: runs.length }),
        total > runs.length && t('the first {n} of {total} runs', { n: runs.length, total }),
      ]}
      controls={
        onOptions && (
          <>
            <FieldSelect
              label={t('Add an axis')}
              value=""
              none={t('choose …')}
              groups={groups.map(({ group, fields }) => ({ group, fields: fields.filter((field) => !options.axes.includes(field)) }))}
              onChange={(field) => field && change({ axes: [...options.axes, field] })}
            />
            <FieldSelect
              label={t('Colour')}
              value={options.colour}
              groups={groups}
              none={t('run')}
              onChange={(colour) => change({ colour })}
            />
            {within && (
              <button type="button" className="ck-btn ck-small" onClick={() => change({ ranges: {} })}>
                {t('Clear the brushes')}
              </button>
            )}
          </>
        )
      }
    >
      <div ref={frame} className="ck-chart-place ck-parallel" style={{ height: height + 10 }}>
        {room > 0 && (
          // biome-ignore lint/a11y/noSvgWithoutTitle: the frame says what it shows, and the menu gives it as a table
          // biome-ignore lint/a11y/useKeyWithClickEvents: a run is reached by the table of the chart and by the chips
          <svg
            data-chart
            width={width}
            height={height}
            viewBox={`0 0 ${width} ${height}`}
            onPointerMove={(event) => hover(nearestRun(event))}
            onPointerLeave={() => hover(null)}
            onClick={() => hovered && !dragged && host.navigate({ view: 'run', id: runIds[hovered.place] as string })}
          >
            <g className="ck-parallel-lines">
              {order.map((i) => (
                <path
                  key={runIds[i]}
                  d={`M${axes.map((axis, at) => `${leftOf(at).toFixed(1)} ${topOf(axis, i).toFixed(1)}`).join('L')}`}
                  style={{ stroke: colouring.of(i) }}
                  data-front={isFront(i) ? '' : undefined}
                  data-lit={i === lit ? '' : undefined}
                />
              ))}
            </g>
            {axes.map((axis, i) => (
              <ParallelAxis
                key={axis.field}
                axis={axis}
                left={dragged?.field === axis.field ? dragged.left : leftOf(i)}
                top={EDGE.top}
                bottom={bottom}
                room={axes.length < 2 ? width : leftOf(1) - leftOf(0)}
                isFirst={i === 0}
                isLast={i === axes.length - 1}
                range={options.ranges[axis.field] ?? null}
                canChange={onOptions !== undefined}
                onRange={(range) => rangeTo(axis.field, range)}
                onDrag={(left) => setDragged({ field: axis.field, left })}
                onDrop={(left) => dropAt(axis.field, left)}
                onMove={(by) => moveAxis(i, i + by)}
                onLog={() => change({ log: axis.isLog ? options.log.filter((one) => one !== axis.field) : [...options.log, axis.field] })}
                onRemove={() => change({ axes: options.axes.filter((one) => one !== axis.field) })}
              />
            ))}
          </svg>
        )}
        {hovered && (
          <RunTip
            left={hovered.left - (frame.current?.scrollLeft ?? 0)}
            top={hovered.top}
            width={room}
            name={runs[hovered.place]?.name ?? ''}
            colour={colouring.of(hovered.place)}
            rows={axes.map(({ field, column }) => [fieldLabel(field), valueText(column, column.values[hovered.place] ?? null)])}
          />
        )}
        {axes.length === 0 && <p className="ck-chart-none">{t('Add an axis: a param, a metric, an attribute.')}</p>}
      </div>
    </ChartFrame>
  );
}
