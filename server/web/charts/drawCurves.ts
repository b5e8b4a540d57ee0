/** From the points of several runs to what a plot draws: lines, their extent, and what the person is told about them. */
import type { PointStore } from '../live/pointStore.ts';
import type { Series } from '../live/series.ts';
import type { RunStyle } from '../look/runColour.ts';
import type { Curve, Extent } from './curve.ts';
import { extentOf } from './extent.ts';
import { shapeLine, type XAxis } from './shape.ts';

export interface CurveRun {
  id: string;
  name: string;
  startedAt: number;
}

export interface Summary {
  state: 'loading' | 'ready' | 'empty' | 'error';
  /** Rows drawn from, and points that they stand for. */
  shown: number;
  total: number;
  /** Rows above or below what is shown, where outliers are cut off. */
  outside: number;
  /** Runs whose points have not come or could not be loaded, while others are drawn. */
  waiting: number;
  failed: number;
}

export interface DrawInput {
  runs: readonly CurveRun[];
  metric: string;
  points: PointStore;
  /** Finer data of the zoomed part, by run. */
  finer: ReadonlyMap<string, Series> | null;
  styles: ReadonlyMap<string, RunStyle>;
  xAxis: XAxis;
  log: boolean;
  logX: boolean;
  smoothing: number;
  /** Part of the points that sets the y range, 0 … 1; 0: all of them do. */
  clip: number;
  buckets: number;
  window: [number, number] | null;
  /** The y range that the person holds on to. */
  lockedY: [number, number] | null;
  /** Runs that are in the background; null: none. */
  faded: ReadonlySet<string> | null;
}

/** More runs than this and bands would cover each other. */
const MOST_BANDS = 6;

export function drawCurves(input: DrawInput): Summary & { curves: Curve[]; extent: Extent } {
  const { runs, metric, points, finer, styles } = input;
  const curves: Curve[] = [];
  let shown = 0;
  let total = 0;
  let waiting = 0;
  let failed = 0;
  for (const { id, name, startedAt } of runs) {
    const held = points.get(id, metric);
    if (!held || held.state === 'loading') waiting++;
    else if (held.state === 'error') failed++;
    const series = finer?.get(id) ?? held?.series;
    if (!series || series.length === 0) continue;
    shown += series.length;
    total += series.total;
    const style = styles.get(id);
    const shape = { ...input, startedAt };
    const raw = input.smoothing > 0 ? shapeLine(series, shape, false) : null;
    const line = shapeLine(series, shape, true);
    for (const one of [line, raw]) {
      if (!one || (runs.length <= MOST_BANDS && one === line)) continue;
      delete one.low;
      delete one.high;
    }
    curves.push({
      runId: id,
      label: name,
      colour: style?.colour ?? 'var(--ck-s1)',
      dash: style?.dash,
      line,
      raw,
      isFaded: input.faded?.has(id) ?? false,
    });
  }
  const { extent, outside } = extentOf(curves, input);
  const state = curves.length > 0 ? 'ready' : waiting > 0 ? 'loading' : failed > 0 ? 'error' : 'empty';
  return { curves, extent, shown, total, outside, waiting, failed, state };
}
