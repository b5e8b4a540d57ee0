/** A dot a run: any two of its params, metrics and attributes against each other, two more as colour and size. */
import { dot, plot } from '@observablehq/plot';
import { type PointerEvent, type ReactElement, useMemo, useRef, useState } from 'react';
import { useHost, useTranslate } from '../host.ts';
import { useRunStyles } from '../live/shared.ts';
import { type Box, Brush } from './Brush.tsx';
import { ChartFrame } from './ChartFrame.tsx';
import { ChartOf } from './ChartOf.tsx';
import type { ChartProps } from './chartProps.ts';
import { type Runs, useChartRuns } from './chartRuns.ts';
import { colouringOf, resolver } from './colours.ts';
import { FieldSelect } from './FieldSelect.tsx';
import { columnOf, fieldLabel, fieldsOf } from './fields.ts';
import { LogToggle } from './LogToggle.tsx';
import { plotStyle, scaleOf } from './plotLook.ts';
import { RunTip } from './RunTip.tsx';
import { startOptions } from './startOptions.ts';
import { useDrawing } from './useDrawing.ts';
import { useWidth } from './useWidth.ts';
import { valueText } from './valueText.ts';

export interface ScatterOptions {
  x: string;
  y: string;
  /** Empty: each run its own colour. */
  colour: string;
  /** Empty: all of one size. */
  size: string;
  logX: boolean;
  logY: boolean;
}

interface Spot {
  runId: string;
  place: number;
  left: number;
  top: number;
}

const REACH = 18; // px around a dot within which the pointer means it
const RADIUS: [number, number] = [3, 11]; // px

export function Scatter(props: ChartProps<ScatterOptions>): ReactElement {
  const found = useChartRuns(props.source);
  return <ChartOf found={found}>{() => <Drawn {...props} runs={found.runs} total={found.total} />}</ChartOf>;
}

function Drawn({
  runs,
  total,
  options: said,
  onOptions,
  selected = null,
  onSelect,
  highlight = null,
  onHover,
  ...props
}: ChartProps<ScatterOptions> & Runs) {
  const t = useTranslate();
  const host = useHost();
  const frame = useRef<HTMLDivElement>(null);
  const drawing = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const height = props.height ?? Math.round(Math.max(340, Math.min(560, width * 0.38)));
  const [hovered, setHovered] = useState<Spot | null>(null);
  const spots = useRef<Spot[]>([]);
  const start = useMemo(() => startOptions(runs), [runs]);
  const options: ScatterOptions = { x: start.param, y: start.metric, colour: '', size: '', logX: false, logY: false, ...said };
  const runIds = useMemo(() => runs.map(({ id }) => id), [runs]);
  const own = useRunStyles(props.styles ? [] : runIds);
  const styles = props.styles ?? own;
  const [x, y, colour, size] = [options.x, options.y, options.colour, options.size].map((field) => (field ? columnOf(runs, field) : null));
  const text = (column: typeof x, place: number) => (column ? valueText(column, column.values[place] ?? null) : '');
  const resolve = frame.current ? resolver(frame.current) : () => '';
  const colouring = colouringOf(runIds, colour ?? null, styles, resolve, (value) => (colour ? valueText(colour, value) : ''));
  const placed = runs.flatMap((_, i) => (x?.values[i] == null || y?.values[i] == null ? [] : [i]));
  const groups = useMemo(() => fieldsOf(runs), [runs]);

  useDrawing(
    drawing,
    (element) => {
      if (width === 0 || !x || !y || placed.length === 0) {
        spots.current = [];
        return null;
      }
      const theme = resolver(element);
      const coloured = colouringOf(runIds, colour ?? null, styles, theme, String);
      const isFront = (i: number) => !selected || selected.has(runIds[i] as string);
      const sized = size?.kind === 'category' ? null : size;
      // Small ones last, so that none hides behind a large one.
      const order = [...placed].sort(
        (a, b) => Number(isFront(a)) - Number(isFront(b)) || Number(sized?.values[b] ?? 0) - Number(sized?.values[a] ?? 0),
      );
      const data = order.map((i) => ({
        x: x.kind === 'time' ? new Date(x.values[i] as number) : x.values[i],
        y: y.kind === 'time' ? new Date(y.values[i] as number) : y.values[i],
        r: sized ? ((sized.values[i] as number | null) ?? Number.NaN) : 1,
        colour: coloured.of(i),
        opacity: isFront(i) ? 0.8 : 0.12,
      }));
      const drawn = plot({
        width,
        height,
        marginLeft: y.kind === 'category' ? 92 : 62,
        marginRight: 20,
        marginBottom: 40,
        marginTop: 24,
        style: plotStyle(theme),
        x: scaleOf(x, options.logX) ?? {},
        y: scaleOf(y, options.logY) ?? {},
        r: sized ? { range: RADIUS } : { type: 'identity' },
        opacity: { type: 'identity' },
        marks: [
          dot(data, {
            x: 'x',
            y: 'y',
            r: sized ? 'r' : 4.5,
            fill: 'colour',
            fillOpacity: 'opacity',
            stroke: theme('--ck-surface'),
            strokeWidth: 0.8,
          }),
        ],
      });
      const [xScale, yScale] = [drawn.scale('x'), drawn.scale('y')];
      spots.current = order.map((i, at) => ({
        runId: runIds[i] as string,
        place: i,
        left: (xScale?.apply(data[at]?.x) as number) ?? 0,
        top: (yScale?.apply(data[at]?.y) as number) ?? 0,
      }));
      return drawn;
    },
    [width, height, runs, options.x, options.y, options.colour, options.size, options.logX, options.logY, selected, styles],
  );

  const spotAt = (event: PointerEvent): Spot | null => {
    const box = event.currentTarget.getBoundingClientRect();
    const [left, top] = [event.clientX - box.left, event.clientY - box.top];
    let [found, least]: [Spot | null, number] = [null, REACH];
    for (const spot of spots.current) {
      const distance = Math.hypot(spot.left - left, spot.top - top);
      if (distance < least) [found, least] = [spot, distance];
    }
    return found;
  };
  const hover = (spot: Spot | null) => {
    if (spot?.runId === hovered?.runId) return;
    setHovered(spot);
    onHover?.(spot?.runId ?? null);
  };
  const select = (box: Box | null) => {
    if (!box) return onSelect?.(null);
    const within = spots.current.filter(({ left, top }) => left >= box.left && left <= box.right && top >= box.top && top <= box.bottom);
    onSelect?.(within.length > 0 ? new Set(within.map(({ runId }) => runId)) : null);
  };
  const change = (part: Partial<ScatterOptions>) => onOptions?.({ ...said, ...part });
  const lit = hovered ?? spots.current.find(({ runId }) => runId === highlight) ?? null;
  const absent = runs.length - placed.length;
  const names = { x: fieldLabel(options.x), y: fieldLabel(options.y) };
  const shown = [x, y, colour, size].filter((column) => column != null);
  return (
    <ChartFrame
      title={t('{y} by {x}', names)}
      summary={t('Scatter plot of {n} runs: {y} from bottom to top, {x} from left to right.', { n: placed.length, ...names })}
      drawing={drawing}
      colouring={colouring}
      data={{
        columns: [t('Run'), ...new Set(shown.map(({ field }) => fieldLabel(field)))],
        rows: placed.map((i) => ({
          key: runIds[i] as string,
          runId: runIds[i] as string,
          cells: [
            runs[i]?.name ?? '',
            ...[...new Map(shown.map((column) => [column.field, column])).values()].map(({ values }) => values[i] ?? null),
          ],
        })),
      }}
      notes={[
        absent > 0 && t('{n} runs lack one of the values', { n: absent }),
        total > runs.length && t('the first {n} of {total} runs', { n: runs.length, total }),
        options.logX && x && !x.canLog && t('{field} is not above zero everywhere: no log axis', { field: names.x }),
        options.logY && y && !y.canLog && t('{field} is not above zero everywhere: no log axis', { field: names.y }),
      ]}
      controls={
        onOptions && (
          <>
            <FieldSelect label={t('X')} value={options.x} groups={groups} onChange={(x) => change({ x })} />
            <LogToggle label={t('Log x')} isOn={options.logX} isPossible={x?.canLog ?? false} onChange={(logX) => change({ logX })} />
            <FieldSelect label={t('Y')} value={options.y} groups={groups} onChange={(y) => change({ y })} />
            <LogToggle label={t('Log y')} isOn={options.logY} isPossible={y?.canLog ?? false} onChange={(logY) => change({ logY })} />
            <FieldSelect
              label={t('Colour')}
              value={options.colour}
              groups={groups}
              none={t('run')}
              onChange={(colour) => change({ colour })}
            />
            <FieldSelect
              label={t('Size')}
              value={options.size}
              groups={groups}
              none={t('the same')}
              onChange={(size) => change({ size })}
            />
          </>
        )
      }
    >
      <div ref={frame} className="ck-chart-place" style={{ height }}>
        <div ref={drawing} className="ck-chart-drawing" aria-hidden="true" />
        <Brush
          isOn={onSelect !== undefined}
          onBrush={select}
          onPoint={(event) => hover(spotAt(event))}
          onLeave={() => hover(null)}
          onPress={(event) => {
            const spot = spotAt(event);
            if (spot) host.navigate({ view: 'run', id: spot.runId });
            else select(null);
          }}
          cursor={hovered ? 'pointer' : 'crosshair'}
        />
        {lit && (
          <RunTip
            left={lit.left}
            top={lit.top}
            width={width}
            name={runs[lit.place]?.name ?? ''}
            colour={colouring.of(lit.place)}
            rows={shown.map((column) => [fieldLabel(column.field), text(column, lit.place)])}
          />
        )}
        {placed.length === 0 && <p className="ck-chart-none">{t('No run has both {x} and {y}.', names)}</p>}
      </div>
    </ChartFrame>
  );
}
