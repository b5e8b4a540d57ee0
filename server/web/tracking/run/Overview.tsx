import type { Run } from '@cellkeep/schema/tracking';
import { type ReactElement, useState } from 'react';
import { CurvePanel, type CurveRun } from '../../charts/CurvePanel.tsx';
import { useTranslate, useViewSettings } from '../../host.ts';
import { Markdown } from '../../look/Markdown.tsx';
import { ownMetrics } from '../mainMetric.ts';
import type { RunActions } from '../runActions.ts';
import { Changes } from './Changes.tsx';
import { Children } from './Children.tsx';
import type { Zoom } from './Curves.tsx';
import { Failure } from './Failure.tsx';
import { Inputs } from './Inputs.tsx';
import { Params } from './Params.tsx';
import { Results } from './Results.tsx';
import { Section } from './Section.tsx';
import { Source } from './Source.tsx';
import { TagList } from './TagList.tsx';
import type { RunTab } from './tabs.ts';

const FIRST_CURVES = 3;

/** The whole run in one screen. */
export function Overview({
  run,
  runs,
  runsWithin,
  actions,
  onTab,
}: {
  run: Run;
  runs: readonly CurveRun[];
  runsWithin: readonly Run[];
  actions: RunActions;
  onTab: (tab: RunTab) => void;
}): ReactElement {
  const t = useTranslate();
  const { pinnedMetric } = useViewSettings();
  const [zoom, setZoom] = useState<Zoom>(null);
  // A metric of one point has no curve; its number stands in the results.
  const curves = firstOnes(ownMetrics(run), pinnedMetric)
    .filter((key) => (run.metrics[key]?.count ?? 0) > 1)
    .slice(0, FIRST_CURVES);
  return (
    <div className="ck-run-overview">
      {run.error && <Failure error={run.error} onCode={() => onTab('notebook')} />}
      {curves.length > 0 && (
        <section className="ck-run-strip" aria-label={t('First curves')} data-n={curves.length}>
          {curves.map((metric) => (
            <div key={metric} className="ck-card">
              <CurvePanel metric={metric} runs={runs} height={130} syncKey={`overview ${run.id}`} zoom={zoom} onZoom={setZoom} />
            </div>
          ))}
        </section>
      )}
      <div className="ck-run-columns">
        <div>
          <Results run={run} />
          <Changes run={run} />
          {run.childCount > 0 && <Children run={run} runsWithin={runsWithin} />}
        </div>
        <div>
          <Params params={run.params} />
          <Inputs run={run} />
          <TagList run={run} actions={actions} />
          <Source run={run} />
          {run.notes && (
            <Section
              title={t('Notes')}
              aside={
                <button type="button" className="ck-btn ck-quiet ck-small" onClick={() => onTab('notes')}>
                  {t('Edit')}
                </button>
              }
            >
              <div className="ck-run-excerpt">
                <Markdown source={run.notes} />
              </div>
            </Section>
          )}
        </div>
      </div>
    </div>
  );
}

/** The pinned one, then those that say how well it goes, then what else was logged. */
function firstOnes(metrics: readonly string[], pinned: string): string[] {
  const rank = (key: string) => (key === pinned ? 0 : /loss|auc|acc|score|error|f1/i.test(key) ? 1 : 2);
  return [...metrics].sort((a, b) => rank(a) - rank(b));
}
