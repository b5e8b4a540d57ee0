/** Curves that stand alone, as in a report: of runs by id or by search, one panel a metric, with a legend. */
import { type ReactElement, useMemo, useState } from 'react';
import { useTranslate } from '../host.ts';
import { useRunStyles, useWatch } from '../live/shared.ts';
import type { RunStyle } from '../look/runColour.ts';
import { commonMetric } from '../tracking/mainMetric.ts';
import { ChartOf } from './ChartOf.tsx';
import { CurveLegend } from './CurveLegend.tsx';
import { CurvePanel } from './CurvePanel.tsx';
import { type Runs, type RunsSource, useChartRuns } from './chartRuns.ts';
import { type CurveLook, plainLook } from './curveLook.ts';

export interface CurvesOptions extends Partial<CurveLook> {
  /** Absent: the metric that most of the runs have. */
  metrics?: readonly string[];
  /** Part of x in the unit of its axis. */
  zoom?: [number, number] | null;
}

interface CurvesChartProps {
  source: RunsSource;
  options?: CurvesOptions;
  styles?: ReadonlyMap<string, RunStyle>;
  height?: number;
}

export function CurvesChart(props: CurvesChartProps): ReactElement {
  const found = useChartRuns(props.source);
  return <ChartOf found={found}>{() => <Drawn {...props} runs={found.runs} total={found.total} />}</ChartOf>;
}

function Drawn({ runs, total, options = {}, styles: given, height = 220 }: CurvesChartProps & Runs): ReactElement {
  const t = useTranslate();
  const [zoom, setZoom] = useState<[number, number] | null>(options.zoom ?? null);
  const [highlight, setHighlight] = useState<string | null>(null);
  const identity = runs.map(({ id, name }) => `${id}${name}`).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new summary of the same run draws nothing new here
  const drawn = useMemo(() => runs.map(({ id, name, startedAt }) => ({ id, name, startedAt })), [identity]);
  const own = useRunStyles(given ? [] : drawn.map(({ id }) => id));
  const styles = given ?? own;
  const running = useMemo(() => drawn.map(({ id }) => id).sort(), [drawn]);
  useWatch({ runIds: running, points: true });
  const { xAxis, smoothing, log, logX, clip } = { ...plainLook, ...options };
  const look = useMemo(() => ({ xAxis, smoothing, log, logX, clip }), [xAxis, smoothing, log, logX, clip]);
  const common = commonMetric(runs, '');
  const metrics = options.metrics ?? (common === null ? [] : [common]);
  if (metrics.length === 0) return <p className="ck-run-none">{t('None of these runs has logged a metric.')}</p>;
  return (
    <div className="ck-curves-chart">
      <div className="ck-panels">
        {metrics.map((metric) => (
          <div key={metric} className="ck-card">
            <CurvePanel
              metric={metric}
              runs={drawn}
              look={look}
              styles={styles}
              height={height}
              syncKey={`chart ${running[0] ?? ''}`}
              zoom={zoom}
              onZoom={setZoom}
              highlight={highlight}
              onHover={setHighlight}
              hasMenu
            />
          </div>
        ))}
      </div>
      <CurveLegend runs={drawn} styles={styles} highlight={highlight} onHighlight={setHighlight} />
      {total > runs.length && <p className="ck-run-none">{t('the first {n} of {total} runs', { n: runs.length, total })}</p>}
    </div>
  );
}
