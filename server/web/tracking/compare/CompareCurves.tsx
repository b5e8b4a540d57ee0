import type { Run } from '@cellkeep/schema/tracking';
import { type ReactElement, useMemo, useState } from 'react';
import { CurveControls, useCurveLook } from '../../charts/CurveControls.tsx';
import type { CurveLook, CurveRun } from '../../charts/CurvePanel.tsx';
import { useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import type { RunStyle } from '../../look/runColour.ts';
import { isSystem } from '../mainMetric.ts';
import { LonePoints, Panel, PanelGroup, type Zoom } from '../run/Curves.tsx';
import { byName, groupByPrefix, matching } from '../run/groups.ts';
import { MoreRows, SEARCH_FROM, SearchField } from '../run/rows.tsx';

const PANELS = 36; // at first

/** One panel a metric with all runs in it; panels share the cursor and the part of x that is shown. */
export function CompareCurves({
  runs,
  styles,
  highlight,
}: {
  runs: readonly Run[];
  styles: ReadonlyMap<string, RunStyle>;
  highlight: string | null;
}): ReactElement | null {
  const t = useTranslate();
  const [look, setLook] = useCurveLook();
  const [zoom, setZoom] = useState<Zoom>(null);
  const [withSystem, setSystem] = useState(false);
  const [typed, setTyped] = useState('');
  const [limit, setLimit] = useState(PANELS);
  const onLook = (next: CurveLook) => {
    // Another axis has another unit: what was zoomed means nothing on it.
    if (next.xAxis !== look.xAxis) setZoom(null);
    setLook(next);
  };
  const identity = runs.map(({ id, name }) => `${id}${name}`).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new summary of the same run draws nothing new here
  const drawn = useMemo<CurveRun[]>(() => runs.map(({ id, name, startedAt }) => ({ id, name, startedAt })), [identity]);
  const known = runs.flatMap(({ metrics }) => Object.keys(metrics));
  const wanted = [...new Set(known)].filter((key) => withSystem || !isSystem(key)).sort(byName);
  const drawable = new Set(runs.flatMap(({ metrics }) => Object.keys(metrics).filter((key) => (metrics[key]?.count ?? 0) > 1)));
  const all = wanted.filter((key) => drawable.has(key));
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
          <button type="button" className="ck-btn ck-toggle" aria-pressed={withSystem} onClick={() => setSystem(!withSystem)}>
            {t('System')}
          </button>
        )}
        {zoom && (
          <button type="button" className="ck-btn" onClick={() => setZoom(null)}>
            <Icon name="zoomOut" size={14} /> {t('Show all of x')}
          </button>
        )}
        <span className="ck-grow" />
        {all.length > SEARCH_FROM && <SearchField value={typed} onChange={setTyped} label={t('Find a metric')} />}
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
              zoom={zoom}
              onZoom={setZoom}
            />
          ))}
        </PanelGroup>
      ))}
      {found.length === 0 && typed && <p className="ck-run-none">{t('No metric has this in its name.')}</p>}
      <MoreRows shown={shown.length} total={found.length} onMore={() => setLimit(limit * 3)} />
      <LonePoints metrics={wanted.filter((key) => !drawable.has(key))} />
    </section>
  );
}

type MetricPanelProps = Omit<Parameters<typeof Panel>[0], 'runs' | 'syncKey'> & { runs: readonly Run[]; drawn: readonly CurveRun[] };

/** Only the runs that have the metric: the others would be asked for and count as curves. */
function MetricPanel({ runs, drawn, ...props }: MetricPanelProps): ReactElement {
  const { metric } = props;
  const having = runs.filter(({ metrics }) => metrics[metric]).map(({ id }) => id);
  const joined = having.join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the list is made on each render; the runs in it are what counts
  const chosen = useMemo(() => drawn.filter(({ id }) => having.includes(id)), [drawn, joined]);
  return <Panel {...props} runs={chosen} syncKey="compare" />;
}
