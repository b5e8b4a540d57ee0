import { type ReactElement, useEffect, useState } from 'react';
import { useTranslate } from '../host.ts';
import type { PointStore } from '../live/pointStore.ts';
import { DataTable } from './DataTable.tsx';
import type { CurveRun } from './drawCurves.ts';

/** Curves as numbers: where each run began, ended, and how far it went. */
export function CurveTable({
  metric,
  runs,
  points,
  maxPoints,
  height,
}: {
  metric: string;
  runs: readonly CurveRun[];
  points: PointStore;
  maxPoints: number;
  height: number;
}): ReactElement {
  const t = useTranslate();
  const [, redraw] = useState(0);
  useEffect(
    () =>
      points.read(
        runs.map(({ id }) => id),
        metric,
        maxPoints,
        () => redraw((n) => n + 1),
      ),
    [points, runs, metric, maxPoints],
  );
  const rows = runs.map(({ id, name }) => {
    const series = points.get(id, metric)?.series;
    if (!series || series.length === 0) return { key: id, runId: id, cells: [name, null, null, null, null, null, null] };
    const last = series.length - 1;
    const within = <T,>(column: ArrayLike<T>) => Array.prototype.slice.call(column, 0, series.length) as T[];
    const finite = (column: Float64Array) => within(column).filter(Number.isFinite);
    const least = finite(series.low).reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    const greatest = finite(series.high).reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const value = (i: number) => series.values[i] as number;
    return { key: id, runId: id, cells: [name, series.total, value(0), value(last), least, greatest, series.steps[last] as number] };
  });
  return (
    <div style={{ minHeight: height }}>
      <DataTable
        label={t('{metric}, table', { metric })}
        columns={[t('Run'), t('Points'), t('First'), t('Last'), t('Least'), t('Greatest'), t('Last step')]}
        rows={rows}
      />
    </div>
  );
}
