/** The files of one panel of curves. */
import type { PointStore } from '../live/pointStore.ts';
import type { Series } from '../live/series.ts';
import { curvesSvg } from './curvesSvg.ts';
import type { CurveRun } from './drawCurves.ts';
import { type Cell, csvOf, fileName, pngOf, saveFile, saveText } from './exportFiles.ts';
import type { Plot } from './plot.ts';

export type FileKind = 'png' | 'svg' | 'csv';

export interface CurveSource {
  metric: string;
  runs: readonly CurveRun[];
  points: PointStore;
  finer: ReadonlyMap<string, Series> | null;
}

/** What is held in the browser: each point, or where the server sent buckets, their mean and band. */
export function curvesCsv({ metric, runs, points, finer }: CurveSource): string {
  const rows: Cell[][] = [];
  for (const { id, name } of runs) {
    const series = finer?.get(id) ?? points.get(id, metric)?.series;
    for (let i = 0; i < (series?.length ?? 0); i++) {
      const { steps, times, values, low, high, sampled } = series as Series;
      const time = new Date(times[i] as number).toISOString();
      rows.push([
        id,
        name,
        steps[i] as number,
        time,
        values[i] as number,
        ...(sampled ? [low[i] as number, high[i] as number] : [null, null]),
      ]);
    }
  }
  return csvOf(['run_id', 'run', 'step', 'time', metric, 'least_in_bucket', 'greatest_in_bucket'], rows);
}

export async function saveCurves(kind: FileKind, source: CurveSource, plot: Plot, element: HTMLElement): Promise<void> {
  const name = fileName(source.metric, kind);
  if (kind === 'csv') return saveText(name, curvesCsv(source), 'text/csv');
  const css = getComputedStyle(element);
  // Custom properties may be mixed from others, which a file cannot do: what the browser made of them is read from an element.
  const probe = document.createElement('i');
  element.append(probe);
  const colour = (variable: string) => {
    probe.style.color = `var(${variable})`;
    return getComputedStyle(probe).color;
  };
  const look = {
    title: source.metric,
    background: colour('--ck-surface'),
    text: colour('--ck-strong'),
    faint: colour('--ck-dim'),
    grid: colour('--ck-grid'),
    font: css.fontFamily,
  };
  probe.remove();
  const { svg, width, height } = curvesSvg(plot.picture(), look);
  if (kind === 'svg') saveText(name, svg, 'image/svg+xml');
  else saveFile(name, await pngOf(svg, width, height));
}
