import type { Run } from '@cellkeep/schema/tracking';
import { type ReactElement, useMemo } from 'react';
import { CurvePanel } from '../../charts/CurvePanel.tsx';
import { useTranslate } from '../../host.ts';
import { useWatch } from '../../live/shared.ts';
import { ownMetrics } from '../mainMetric.ts';
import { useRuns } from '../queries.ts';

const MOST_RUNS = 20;
const MOST_CHARTS = 3;

/** Small curves above the table: of the selected runs, or of the first rows while nothing is selected. */
export function ChartStrip({
  selected,
  first,
  preferred,
}: {
  selected: readonly string[];
  first: readonly Run[];
  /** Metrics that have columns, in their order: the strip shows the same. */
  preferred: readonly string[];
}): ReactElement | null {
  const t = useTranslate();
  const ids = (selected.length > 0 ? selected : first.map(({ id }) => id)).slice(0, MOST_RUNS);
  const { runs } = useRuns(selected.length > 0 ? ids : []);
  const shownRuns = selected.length > 0 ? runs : first;
  useWatch(ids.length > 0 ? { runIds: [...ids].sort(), points: true } : null);
  const identity = shownRuns.map(({ id, name }) => `${id}${name}`).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new summary of the same run draws nothing new here
  const drawn = useMemo(() => shownRuns.map(({ id, name, startedAt }) => ({ id, name, startedAt })), [identity]);
  const all = new Set(shownRuns.flatMap(ownMetrics));
  const ordered = [...preferred.filter((key) => all.has(key)), ...[...all].filter((key) => !preferred.includes(key))];
  // A single point of each run is told by its column; a curve is not.
  const isCurve = (key: string) => shownRuns.some(({ metrics }) => (metrics[key]?.count ?? 0) > 1);
  const metrics = [...ordered.filter(isCurve), ...ordered.filter((key) => !isCurve(key))].slice(0, MOST_CHARTS);
  if (metrics.length === 0) return null;
  return (
    <section className="ck-strip" aria-label={t('Curves')}>
      {metrics.map((metric) => (
        <div key={metric} className="ck-card">
          <CurvePanel metric={metric} runs={drawn} height={120} syncKey="strip" />
        </div>
      ))}
    </section>
  );
}
