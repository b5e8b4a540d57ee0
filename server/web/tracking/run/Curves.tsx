import type { Run } from '@cellkeep/schema/tracking';
import { type ReactElement, useState } from 'react';
import { CurveControls, useCurveLook } from '../../charts/CurveControls.tsx';
import { type CurveLook, CurvePanel, type CurveRun, plainLook } from '../../charts/CurvePanel.tsx';
import { useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import { Empty } from '../../look/states.tsx';
import { groupByPrefix, matching } from './groups.ts';
import { MoreRows, SEARCH_FROM, SearchField } from './rows.tsx';

const PANELS = 60; // at first; a panel draws nothing until it is near the visible part, but ten thousand of them take room

/** One panel a metric, by what stands before the first slash. The machine's own are shown by time: they have no step of the person's. */
export function Curves({
  run,
  runs,
  metrics,
  isSystem = false,
}: {
  run: Run;
  runs: readonly CurveRun[];
  metrics: readonly string[];
  isSystem?: boolean;
}): ReactElement {
  const t = useTranslate();
  const [ownLook, setOwnLook] = useCurveLook();
  const [systemLook, setSystemLook] = useState<CurveLook>({ ...plainLook, xAxis: 'relative' });
  const [typed, setTyped] = useState('');
  const [limit, setLimit] = useState(PANELS);
  const [zoom, setZoom] = useState<Zoom>(null);
  const look = isSystem ? systemLook : ownLook;
  const onLook = (next: CurveLook) => {
    // Another axis has another unit: what was zoomed means nothing on it.
    if (next.xAxis !== look.xAxis) setZoom(null);
    if (isSystem) setSystemLook(next);
    else setOwnLook(next);
  };
  const drawn = metrics.filter((key) => (run.metrics[key]?.count ?? 0) > 1);
  const lone = metrics.filter((key) => !drawn.includes(key));
  const found = matching(drawn, typed);
  const shown = found.slice(0, limit);
  if (metrics.length === 0) return isSystem ? <NoSystem run={run} /> : <NoCurves run={run} />;
  const groups = isSystem ? [{ prefix: '', metrics: shown }] : groupByPrefix(shown);
  return (
    <div className="ck-run-curves">
      <div className="ck-run-bar">
        <CurveControls look={look} onLook={onLook} />
        <span className="ck-grow" />
        {drawn.length > SEARCH_FROM && <SearchField value={typed} onChange={setTyped} label={t('Find a metric')} />}
      </div>
      {groups.map(({ prefix, metrics: members }) => (
        <PanelGroup key={prefix} title={prefix} count={members.length}>
          {members.map((metric) => (
            <Panel key={metric} metric={metric} runs={runs} look={look} syncKey={`run ${run.id}`} zoom={zoom} onZoom={setZoom} />
          ))}
        </PanelGroup>
      ))}
      {found.length === 0 && typed && <p className="ck-run-none">{t('No metric has this in its name.')}</p>}
      <MoreRows shown={shown.length} total={found.length} onMore={() => setLimit(limit * 3)} />
      <LonePoints metrics={lone} />
    </div>
  );
}

const MOST_NAMED = 20;

/** A metric of one value is a number, not a curve; that it is not drawn is said. */
export function LonePoints({ metrics }: { metrics: readonly string[] }): ReactElement | null {
  const t = useTranslate();
  if (metrics.length === 0) return null;
  const names = metrics.slice(0, MOST_NAMED).join(', ') + (metrics.length > MOST_NAMED ? ' …' : '');
  return <p className="ck-run-none">{t('Not drawn, because there is only one point of each: {names}', { names })}</p>;
}

export function PanelGroup({ title, count, children }: { title: string; count: number; children: React.ReactNode }): ReactElement {
  if (!title) return <div className="ck-panels">{children}</div>;
  return (
    <details className="ck-panel-group" open>
      <summary>
        {title} <span className="ck-tab-count">{count}</span>
      </summary>
      <div className="ck-panels">{children}</div>
    </details>
  );
}

/** The part of x that panels show together; null: all. */
export type Zoom = [number, number] | null;

type PanelProps = Omit<Parameters<typeof CurvePanel>[0], 'height' | 'small'>;

/** A panel that can be made large where it stands. */
export function Panel(props: PanelProps): ReactElement {
  const t = useTranslate();
  const [isLarge, setLarge] = useState(false);
  const title = isLarge ? t('Make {metric} small again', { metric: props.metric }) : t('Make {metric} large', { metric: props.metric });
  return (
    <div className="ck-card ck-panel" data-large={isLarge ? '' : undefined}>
      <CurvePanel {...props} height={isLarge ? 340 : 170} hasMenu />
      <button
        type="button"
        className="ck-icon-btn ck-panel-size"
        aria-pressed={isLarge}
        aria-label={title}
        title={title}
        onClick={() => setLarge(!isLarge)}
      >
        <Icon name={isLarge ? 'shrink' : 'expand'} size={13} />
      </button>
    </div>
  );
}

function NoCurves({ run }: { run: Run }): ReactElement {
  const t = useTranslate();
  return (
    <Empty icon="chart" title={run.status === 'running' ? t('No points yet') : t('This run logged no metric')}>
      <p>{t('A curve grows here, live, for every name that the run logs:')}</p>
      <p>
        <code className="ck-mono">cellkeep.log({'{"train/loss": loss}'}, step=step)</code>
      </p>
    </Empty>
  );
}

function NoSystem({ run }: { run: Run }): ReactElement {
  const t = useTranslate();
  return (
    <Empty icon="gear" title={run.status === 'running' ? t('Nothing measured yet') : t('Nothing was measured')}>
      <p>{t('CPU, memory, disk, network and GPU are measured every few seconds while a run goes on; a short run may end before that.')}</p>
    </Empty>
  );
}
