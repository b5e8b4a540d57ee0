import type { History } from '@cellkeep/schema/tracking';
import type { PointStore } from '../live/pointStore.ts';
import { fromHistory } from '../live/series.ts';
import type { RunStyle } from '../look/runColour.ts';
import type { Curve } from './plot.ts';
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
}

export interface DrawInput {
  runs: readonly CurveRun[];
  metric: string;
  points: PointStore;
  /** Finer data of the zoomed part, by run. */
  finer: ReadonlyMap<string, History> | null;
  styles: ReadonlyMap<string, RunStyle>;
  xAxis: XAxis;
  log: boolean;
  smoothing: number;
  buckets: number;
}

/** More runs than this and bands would cover each other. */
const MOST_BANDS = 6;

export function drawCurves(input: DrawInput): Summary & { curves: Curve[] } {
  const { runs, metric, points, finer, styles } = input;
  const curves: Curve[] = [];
  let shown = 0;
  let total = 0;
  let loading = 0;
  let failed = 0;
  for (const { id, name, startedAt } of runs) {
    const held = points.get(id, metric);
    if (!held || held.state === 'loading') loading++;
    else if (held.state === 'error') failed++;
    const zoomed = finer?.get(id);
    const series = zoomed ? fromHistory(zoomed) : held?.series;
    if (!series || series.length === 0) continue;
    shown += series.length;
    total += series.total;
    const style = styles.get(id);
    const shape = { ...input, startedAt };
    const line = shapeLine(series, shape, true);
    if (runs.length > MOST_BANDS) {
      delete line.low;
      delete line.high;
    }
    curves.push({
      runId: id,
      label: name,
      colour: style?.colour ?? 'var(--ck-s1)',
      dash: style?.dash,
      line,
      raw: input.smoothing > 0 ? shapeLine(series, shape, false) : null,
    });
  }
  const state = curves.length > 0 ? 'ready' : loading > 0 ? 'loading' : failed > 0 ? 'error' : 'empty';
  return { curves, shown, total, state };
}
