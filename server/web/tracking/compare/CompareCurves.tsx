import type { Run } from '@cellkeep/schema/tracking';
import { type ReactElement, useMemo, useState } from 'react';
import { CurveControls } from '../../charts/CurveControls.tsx';
import type { CurveRun } from '../../charts/CurvePanel.tsx';
import { type CurveLook, readLook, useCurveLook, writeLook } from '../../charts/curveLook.ts';
import { useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import type { RunStyle } from '../../look/runColour.ts';
import { isSystem } from '../mainMetric.ts';
import { LonePoints, Panel, PanelGroup, type Zoom } from '../run/Curves.tsx';
import { groupByPrefix, matching } from '../run/groups.ts';
import { MoreRows, SEARCH_FROM, SearchField } from '../run/rows.tsx';
import { curveMetrics } from './curveMetrics.ts';
import { readZoom, type UrlState, writeZoom } from './urlState.ts';

const PANELS = 36; // at first

/** One panel a metric with all runs in it; panels share the cursor and the part of x that is shown. */
export function CompareCurves({
  runs,
  styles,
  state,
  highlight,
  onHover,
  faded,
}: {
  runs: readonly Run[];
  styles: ReadonlyMap<string, RunStyle>;
  state: UrlState;
  highlight: string | null;
  onHover: (runId: string | null) => void;
  faded: ReadonlySet<string> | null;
}): ReactElement | null {
  const t = useTranslate();
  const { get, set } = state;
  const [look, setLook] = useCurveLook(readLook(get));
  const zoomText = get('zoom');
  const zoom = useMemo<Zoom>(() => readZoom(zoomText), [zoomText]);
  const setZoom = (next: Zoom) => set({ zoom: writeZoom(next) });
  const withSystem = get('system') === '1';
  const typed = get('find') ?? '';
  const [limit, setLimit] = useState(PANELS);
  const onLook = (next: CurveLook) => {
    setLook(next);
    // Another axis has another unit: what was zoomed means nothing on it.
    set({ ...writeLook(next), ...(next.xAxis === look.xAxis ? {} : { zoom: null }) });
  };
  const identity = runs.map(({ id, name }) => `${id}${name}`).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new summary of the same run draws nothing new here
  const drawn = useMemo<CurveRun[]>(() => runs.map(({ id, name, startedAt }) => ({ id, name, startedAt })), [identity]);
  const { known, lone, drawable: all } = useMemo(() => curveMetrics(runs, withSystem), [runs, withSystem]);
  const found = matching(all, typed);
  const shown = found.slice(0, limit);
  if (known.length === 0) return null;
  return (
    <section className="ck-run-section ck-compare-curves" aria-label={t('Curves')}>
      <header>
        <h2>
          {t('Curves')} <span className="ck-tab-count">{all.length}</span>
        </h2>
        <CurveControls look={look} onLook={onLook} />
        {known.some(isSystem) && (
          <button
            type="button"
            className="ck-btn ck-toggle"
            aria-pressed={withSystem}
            onClick={() => set({ system: withSystem ? null : '1' })}
          >
            {t('System')}
          </button>
        )}
        {zoom && (
          <button type="button" className="ck-btn" onClick={() => setZoom(null)}>
            <Icon name="zoomOut" size={14} /> {t('Show all of x')}
          </button>
        )}
        <span className="ck-grow" />
        {(all.length > SEARCH_FROM || typed) && (
          <SearchField value={typed} onChange={(text) => set({ find: text || null })} label={t('Find a metric')} />
        )}
      </header>
      {groupByPrefix(shown).map(({ prefix, metrics }) => (
        <PanelGroup key={prefix} title={prefix} count={metrics.length}>
          {metrics.map((metric) => (
            <MetricPanel
              key={metric}
              metric={metric}
              runs={runs}
              drawn={drawn}
              look={look}
              styles={styles}
              highlight={highlight}
              onHover={onHover}
              faded={faded}
              zoom={zoom}
              onZoom={setZoom}
            />
          ))}
        </PanelGroup>
      ))}
      {found.length === 0 && typed && <p className="ck-run-none">{t('No metric has this in its name.')}</p>}
      <MoreRows shown={shown.length} total={found.length} onMore={() => setLimit(limit * 3)} />
      <LonePoints metrics={lone} />
    </section>
  );
}

type MetricPanelProps = Omit<Parameters<typeof Panel>[0], 'runs' | 'syncKey'> & { runs: readonly Run[]; drawn: readonly CurveRun[] };

/** Only the runs that have the metric: the others would be asked for and count as curves. */
function MetricPanel({ runs, drawn, ...props }: MetricPanelProps): ReactElement {
  const { metric } = props;
  const having = runs.filter(({ metrics }) => metrics[metric]).map(({ id }) => id);
  const joined = having.join();
  const chosen = useMemo(() => {
    const ids = new Set(joined.split(','));
    return drawn.filter(({ id }) => ids.has(id));
  }, [drawn, joined]);
  return <Panel {...props} runs={chosen} syncKey="compare" />;
}
