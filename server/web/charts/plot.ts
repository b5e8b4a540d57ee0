/** uPlot, dressed: axes in the theme's colours, our numbers, bands under sampled curves, a cursor that several plots share. */
import uPlot from 'uplot';
import { formatNumber } from '../look/format.ts';
import type { Line, XAxis } from './shape.ts';

export interface Curve {
  runId: string;
  label: string;
  colour: string;
  dash: number[] | undefined;
  line: Line;
  /** The unsmoothed curve, drawn faint behind. */
  raw: Line | null;
}

export interface PlotLook {
  xAxis: XAxis;
  log: boolean;
  syncKey: string | null;
  format: (value: number) => string;
  /** No axes' labels: a plot in a sidebar. */
  small: boolean;
}

export interface PlotEvents {
  onZoom: (range: [number, number] | null) => void;
  onCursor: (x: number | null, left: number, top: number) => void;
}

export interface Plot {
  set(curves: Curve[]): void;
  /** The part of x that is shown; null: all. */
  show(range: [number, number] | null): void;
  resize(width: number, height: number): void;
  focus(runId: string | null): void;
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
  let plot: uPlot | null = null;
  let shape = '';
  let owners: string[] = [];
  let range: [number, number] | null = null;
  let current = size;

  const build = (curves: Curve[]): uPlot => {
    owners = [];
    const series: uPlot.Series[] = [{}];
    const bands: uPlot.Band[] = [];
    for (const { runId, colour: wanted, dash, line, raw, label } of curves) {
      const stroke = resolve(wanted);
      if (raw) {
        series.push({ label, stroke, width: 1, alpha: 0.25, points: { show: false } });
        owners.push(runId);
      }
      if (line.low) {
        series.push(
          { show: true, stroke: 'transparent', width: 0, points: { show: false } },
          { stroke: 'transparent', width: 0, points: { show: false } },
        );
        bands.push({ series: [series.length - 1, series.length - 2], fill: `${stroke}29` });
        owners.push(runId, runId);
      }
      series.push({ label, stroke, width: 1.5, dash, points: { show: isLone(line), size: 5 } });
      owners.push(runId);
    }
    return new uPlot(
      {
        width: current.width,
        height: current.height,
        padding: [8, 8, 0, 0],
        legend: { show: false },
        series,
        bands,
        scales: {
          x: { time: look.xAxis === 'time', range: (_u, min, max) => range ?? (min === max ? [min - 1, max + 1] : [min, max]) },
          y: { distr: look.log ? 3 : 1, range: look.log ? undefined : (_u, min, max) => padded(min, max) },
        },
        axes: [
          {
            ...axis,
            size: look.small ? 18 : 22,
            gap: 3,
            space: 56,
            values: look.xAxis === 'time' ? undefined : (_u, ticks) => ticks.map(look.xAxis === 'step' ? shortStep : seconds),
          },
          {
            ...axis,
            size: look.small ? 38 : 46,
            gap: 4,
            space: 26,
            values: (_u, ticks) => ticks.map((tick) => (tick == null ? '' : shortTick(tick, look.format))),
          },
        ],
        cursor: {
          drag: { x: true, y: false, setScale: false },
          points: { show: false },
          y: false,
          focus: { prox: 16 },
          ...(look.syncKey ? { sync: { key: look.syncKey, setSeries: false, scales: ['x', null] } } : {}),
        },
        focus: { alpha: 0.3 },
        hooks: {
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
              events.onCursor(left < 0 ? null : u.posToVal(left, 'x'), left, top);
            },
          ],
        },
      },
      tableOf(curves),
      element,
    );
  };

  const onDouble = () => events.onZoom(null);
  element.addEventListener('dblclick', onDouble);

  return {
    set(curves) {
      const next = JSON.stringify(
        curves.map(({ runId, colour: stroke, dash, line, raw }) => [runId, resolve(stroke), dash, !!line.low, !!raw, isLone(line)]),
      );
      if (plot && next === shape) {
        plot.setData(tableOf(curves));
        return;
      }
      shape = next;
      plot?.destroy();
      plot = build(curves);
    },
    show(next) {
      range = next;
      plot?.setData(plot.data);
    },
    resize(width, height) {
      if (width === current.width && height === current.height) return;
      current = { width, height };
      plot?.setSize(current);
    },
    focus(runId) {
      if (!plot) return;
      const at = runId ? owners.lastIndexOf(runId) + 1 : 0;
      plot.setSeries(at > 0 ? at : null, { focus: true });
    },
    destroy() {
      element.removeEventListener('dblclick', onDouble);
      plot?.destroy();
      plot = null;
    },
  };
}

/** One x for all, as uPlot wants it: what a series has not got at an x is undefined, which is no gap. */
function tableOf(curves: Curve[]): uPlot.AlignedData {
  const tables: uPlot.AlignedData[] = [];
  for (const { line, raw } of curves) {
    if (raw) tables.push([raw.x, raw.y]);
    if (line.low && line.high) tables.push([line.x, line.low], [line.x, line.high]);
    tables.push([line.x, line.y]);
  }
  if (tables.length === 0) return [[]];
  // 2: keep gaps as they are, also where the tables are joined
  return uPlot.join(
    tables,
    tables.map((table) => table.map(() => 2)),
  );
}

/** One point has no line; it is drawn as a dot. */
const isLone = (line: Line) => line.x.length < 3 && line.y.filter((y) => y !== null).length === 1;

function padded(min: number | null, max: number | null): [number, number] {
  if (min == null || max == null) return [0, 1];
  if (min === max) return [min - (Math.abs(min) || 1) * 0.1, max + (Math.abs(max) || 1) * 0.1];
  const room = (max - min) * 0.06;
  return [min - room, max + room];
}

function shortTick(value: number, format: (value: number) => string): string {
  if (format !== formatNumber) return format(value);
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return formatNumber(value).replace(/\.?0+(e|$)/, '$1');
  return String(Number(value.toPrecision(4)));
}

function shortStep(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9) return `${Number((value / 1e9).toPrecision(3))} G`;
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))} M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))} k`;
  return String(Number(value.toPrecision(6)));
}

function seconds(value: number): string {
  if (Math.abs(value) < 120) return `${Number(value.toPrecision(3))} s`;
  if (Math.abs(value) < 7200) return `${Number((value / 60).toPrecision(3))} m`;
  return `${Number((value / 3600).toPrecision(3))} h`;
}
