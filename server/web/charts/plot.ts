/**
 * uPlot for what surrounds curves (axes, cursor shared by several plots, the drag that zooms), and lines of our own on its canvas. uPlot
 * wants one x column for all lines: 200 runs with 300 steps of their own became a table of 12 million cells, and joining it took longer
 * than all else together. Here each line keeps its own x.
 */
import uPlot from 'uplot';
import type { Curve, Extent } from './curve.ts';
import { type Drawn, drawLines } from './drawLines.ts';
import type { XAxis } from './shape.ts';
import { type AxisTick, tickText, timeTickText, xTickText } from './ticks.ts';

export interface PlotLook {
  xAxis: XAxis;
  log: boolean;
  logX: boolean;
  syncKey: string | null;
  format: (value: number) => string;
  /** No axes' labels: a plot in a sidebar. */
  small: boolean;
}

export interface PlotEvents {
  onZoom: (range: [number, number] | null) => void;
  /** `isHere` is false where the cursor is that of another plot. */
  onCursor: (x: number | null, left: number, top: number, isHere: boolean) => void;
}

/** What is on the canvas, for an export that shows the same. */
export interface Picture {
  curves: readonly Curve[];
  extent: Extent;
  width: number;
  height: number;
  /** Where the lines are, in CSS pixels. */
  plot: { left: number; top: number; width: number; height: number };
  xTicks: AxisTick[];
  yTicks: AxisTick[];
  place: { x: (value: number) => number; y: (value: number) => number };
}

const HALF_A_TIME = 14; // px: "09:35" at 10 px

export interface Plot {
  set(curves: readonly Curve[], extent: Extent): void;
  resize(width: number, height: number): void;
  /** The run that stands out; null: none does. */
  focus(runId: string | null): void;
  /** Pixels from the top of the plot. */
  yOf(value: number): number;
  xOf(value: number): number;
  /** Moves the cursor by a part of the width, as the keyboard does; the x that it is then at. */
  moveCursor(part: number): number | null;
  picture(): Picture;
  destroy(): void;
}

export function createPlot(element: HTMLElement, look: PlotLook, events: PlotEvents, size: { width: number; height: number }): Plot {
  const css = getComputedStyle(element);
  const colour = (name: string) => css.getPropertyValue(name).trim();
  const resolve = (value: string) => (value.startsWith('var(') ? colour(value.slice(4, -1)) : value);
  const axis: Partial<uPlot.Axis> = {
    stroke: colour('--ck-faint'),
    font: `10px ${css.fontFamily}`,
    grid: { stroke: colour('--ck-grid'), width: 1 },
    ticks: { show: false },
    border: { show: false },
  };
  let drawn: Drawn[] = [];
  let extent: Extent = { x: null, y: null };
  let focused: string | null = null;
  let xTicks: AxisTick[] = [];
  let yTicks: AxisTick[] = [];
  const kept = (values: number[], texts: (string | null)[]) =>
    values.flatMap((value, i) => (texts[i] ? [{ value, text: texts[i] as string }] : []));

  const plot = new uPlot(
    {
      width: size.width,
      height: size.height,
      padding: [8, 8, 0, 0],
      legend: { show: false },
      series: [{}, { show: true, stroke: 'transparent', width: 0, points: { show: false } }],
      scales: {
        x: { time: look.xAxis === 'time', distr: look.logX ? 3 : 1, range: () => wide(extent.x, look.logX) },
        y: { distr: look.log ? 3 : 1, range: () => wide(extent.y, look.log) },
      },
      axes: [
        {
          ...axis,
          size: look.small ? 18 : 22,
          gap: 3,
          space: 56,
          ...(look.xAxis === 'time'
            ? {
                values: (u, ticks) => {
                  const [min, max] = rangeOf(u, 'x');
                  // Centred below the axis, the first one would stand upon the lowest value beside it.
                  const first = min + ((max - min) * HALF_A_TIME) / u.width;
                  return ticks.map((tick) => (tick == null || tick < first ? '' : timeTickText(tick, max - min)));
                },
              }
            : {
                values: (_u, ticks) => {
                  const texts = ticks.map((tick) => (tick == null ? '' : xTickText(tick, look.xAxis)));
                  xTicks = kept(ticks, texts);
                  return texts;
                },
              }),
        },
        {
          ...axis,
          size: look.small ? 38 : 46,
          gap: 4,
          space: 26,
          values: (_u, ticks) => {
            const texts = ticks.map((tick) => (tick == null ? '' : tickText(tick, look.format)));
            yTicks = kept(ticks, texts);
            return texts;
          },
        },
      ],
      cursor: {
        drag: { x: true, y: false, setScale: false },
        points: { show: false },
        y: false,
        ...(look.syncKey ? { sync: { key: look.syncKey, setSeries: false, scales: ['x', null] } } : {}),
      },
      hooks: {
        draw: [(u) => drawLines(u.ctx, u.bbox, drawn, { log: look.log, logX: look.logX, x: rangeOf(u, 'x'), y: rangeOf(u, 'y') }, focused)],
        setSelect: [
          (u) => {
            if (u.select.width < 4) return;
            events.onZoom([u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x')]);
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
        setCursor: [
          (u) => {
            const { left = -1, top = -1 } = u.cursor;
            events.onCursor(left < 0 ? null : u.posToVal(left, 'x'), left, top, u.over.matches(':hover'));
          },
        ],
      },
    },
    [
      [0, 1],
      [null, null],
    ],
    element,
  );
  let current = size;
  const onDouble = () => events.onZoom(null);
  element.addEventListener('dblclick', onDouble);

  return {
    set(next, wanted) {
      extent = wanted;
      drawn = next.map((curve) => ({ ...curve, stroke: resolve(curve.colour) }));
      // The dummy row only makes uPlot ask for the ranges again; the lines are ours.
      plot.setData([wanted.x ?? [0, 1], [null, null]]);
    },
    resize(width, height) {
      if (width === current.width && height === current.height) return;
      current = { width, height };
      plot.setSize(current);
    },
    focus(runId) {
      if (runId === focused) return;
      focused = runId;
      plot.redraw(false, false);
    },
    yOf: (value) => plot.valToPos(value, 'y'),
    xOf: (value) => plot.valToPos(value, 'x'),
    moveCursor(part) {
      const { clientWidth: width, clientHeight: height } = plot.over;
      const before = plot.cursor.left ?? -1;
      const left = Math.max(0, Math.min(width, (before < 0 ? width / 2 : before) + part * width));
      plot.setCursor({ left, top: height / 2 });
      return plot.posToVal(left, 'x');
    },
    picture() {
      const left = plot.over.offsetLeft;
      const top = plot.over.offsetTop;
      const box = { left, top, width: plot.over.clientWidth, height: plot.over.clientHeight };
      return {
        curves: drawn.map(({ stroke, ...curve }) => ({ ...curve, colour: stroke })),
        extent: { x: rangeOf(plot, 'x'), y: rangeOf(plot, 'y') },
        width: current.width,
        height: current.height,
        plot: box,
        xTicks: look.xAxis === 'time' ? timeTicks(plot) : xTicks,
        yTicks,
        place: { x: (value) => left + plot.valToPos(value, 'x'), y: (value) => top + plot.valToPos(value, 'y') },
      };
    },
    destroy() {
      element.removeEventListener('dblclick', onDouble);
      plot.destroy();
    },
  };
}

const rangeOf = (u: uPlot, scale: string): [number, number] => [u.scales[scale]?.min ?? 0, u.scales[scale]?.max ?? 1];

/** uPlot must always have a range with some width, on a log axis one above zero. */
function wide(range: [number, number] | null, log: boolean): [number, number] {
  if (!range) return log ? [1, 10] : [0, 1];
  const [min, max] = range;
  if (min < max) return [min, max];
  if (log) return [min / 2, min * 2];
  const room = (Math.abs(min) || 1) * 0.1;
  return [min - room, min + room];
}

/** uPlot chooses the words of times itself and does not tell them: a few are enough for a file. */
function timeTicks(plot: uPlot): AxisTick[] {
  const [min, max] = rangeOf(plot, 'x');
  return Array.from({ length: 5 }, (_, i) => {
    const value = min + ((max - min) * (i + 0.5)) / 5;
    return { value, text: new Date(value * 1000).toLocaleTimeString() };
  });
}
