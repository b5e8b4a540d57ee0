/** One run: what came of it, how it went, what it left behind, which code made it, what people say about it. */
import type { Run } from '@cellkeep/schema/tracking';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactElement, useEffect, useMemo, useRef, useState } from 'react';
import { useMayWrite } from '../access/queries.ts';
import { Comments } from '../collaboration/Comments.tsx';
import { useComments } from '../collaboration/queries.ts';
import { useCollaboration } from '../collaboration/watch.ts';
import { NotebookTab } from '../design/lazy.tsx';
import { useTranslate } from '../host.ts';
import { keys } from '../live/cache.ts';
import { useWatch } from '../live/shared.ts';
import { isTyping, type KeyHint } from '../look/Keys.tsx';
import { Missing } from '../look/Missing.tsx';
import { ErrorState, OfflineBanner, Skeleton } from '../look/states.tsx';
import { isSystem, ownMetrics } from './mainMetric.ts';
import { isMissing, useRun, useRunSearch } from './queries.ts';
import { Artifacts } from './run/Artifacts.tsx';
import { Curves } from './run/Curves.tsx';
import { Notes } from './run/Notes.tsx';
import { Overview } from './run/Overview.tsx';
import { RunHead } from './run/RunHead.tsx';
import { Tabs } from './run/Tabs.tsx';
import { RUN_TABS, type RunTab, tabOf } from './run/tabs.ts';
import { useRunActions } from './runActions.ts';
import { UndoBar } from './UndoBar.tsx';

const MOST_CHILDREN = 200;

export function RunPage({
  id,
  tab,
  onTab,
}: {
  id: string;
  tab?: string;
  /** Told of the chosen tab; absent: the page keeps it itself. */
  onTab?: (tab: string) => void;
}): ReactElement {
  const t = useTranslate();
  const { data: run, error, refetch } = useRun(id);
  useFreshParts(run);
  const isKnown = run !== undefined;
  const { data: found } = useRunSearch({ parentRunId: id, limit: MOST_CHILDREN }, isKnown && run.childCount > 0);
  const children = found?.runs ?? NONE;
  useWatch(isKnown ? { runIds: [id], points: true } : null);
  useWatch(children.length > 0 ? { runIds: children.map((child) => child.id).sort() } : null);

  if (!run && error) {
    if (!isMissing(error)) return <ErrorState error={error} onRetry={() => void refetch()} />;
    return (
      <Missing
        title={t('There is no such run')}
        said={t('No run of this workspace has the id')}
        id={id}
        why={t('It may be of another workspace, or the address was cut off.')}
        to={{ view: 'experiments' }}
        label={t('All experiments')}
      />
    );
  }
  if (!run) {
    return (
      <div className="ck-page ck-run-page">
        <OfflineBanner />
        <Skeleton rows={12} />
      </div>
    );
  }
  return <Page key={id} run={run} runsWithin={children} tab={tab} onTab={onTab} />;
}

const NONE: Run[] = [];

function Page({
  run,
  runsWithin,
  tab: said,
  onTab,
}: {
  run: Run;
  runsWithin: Run[];
  tab: string | undefined;
  onTab: ((tab: string) => void) | undefined;
}): ReactElement {
  const t = useTranslate();
  const page = useRef<HTMLDivElement>(null);
  const actions = useRunActions();
  const [own, setOwn] = useState<RunTab>(() => tabOf(said));
  const [isRenaming, setRenaming] = useState(false);
  const mayWrite = useMayWrite();
  const tab = onTab ? tabOf(said) : own;
  const show = (next: RunTab) => (onTab ? onTab(next) : setOwn(next));

  useEffect(() => {
    const element = page.current;
    if (!element) return;
    const onKey = (event: KeyboardEvent) => {
      if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
      const chosen = RUN_TABS[Number(event.key) - 1];
      if (chosen) show(chosen);
      else if (event.key === 'e' && mayWrite) setRenaming(true);
      else return;
      event.preventDefault();
      event.stopPropagation();
    };
    element.addEventListener('keydown', onKey);
    return () => element.removeEventListener('keydown', onKey);
  });

  const systemMetrics = useSame(Object.keys(run.metrics).filter(isSystem));
  const metrics = useSame(ownMetrics(run));
  const curves = useMemo(() => [{ id: run.id, name: run.name, startedAt: run.startedAt }], [run.id, run.name, run.startedAt]);
  const curveCount = metrics.filter((key) => (run.metrics[key]?.count ?? 0) > 1).length;
  const subject = `run:${run.id}`;
  const onlookers = useCollaboration(subject);
  const commentCount = useComments(subject).data?.pages[0]?.total ?? 0;
  const counts: Partial<Record<RunTab, number>> = { curves: curveCount, artifacts: run.artifactCount, comments: commentCount };
  const labels: Record<RunTab, string> = {
    overview: t('Overview'),
    curves: t('Curves'),
    notebook: t('Notebook'),
    artifacts: t('Artifacts'),
    system: t('System'),
    notes: t('Notes'),
    comments: t('Comments'),
  };
  return (
    <div ref={page} className="ck-page ck-run-page">
      <OfflineBanner />
      <RunHead
        run={run}
        actions={actions}
        isRenaming={isRenaming}
        onRenaming={setRenaming}
        scope={page}
        keyHints={keyHints(t)}
        onlookers={onlookers}
      />
      <Tabs
        label={t('Parts of the run')}
        tabs={RUN_TABS.map((one) => ({ id: one, label: labels[one], count: counts[one] ?? 0, to: { view: 'run', id: run.id, tab: one } }))}
        selected={tab}
        onSelect={show}
      >
        {tab === 'overview' && <Overview run={run} runs={curves} runsWithin={runsWithin} actions={actions} onTab={show} />}
        {tab === 'curves' && <Curves run={run} runs={curves} metrics={metrics} />}
        {tab === 'notebook' && <NotebookTab run={run} />}
        {tab === 'artifacts' && <Artifacts run={run} />}
        {tab === 'system' && <Curves run={run} runs={curves} metrics={systemMetrics} isSystem />}
        {tab === 'notes' && <Notes run={run} onSave={(notes) => actions.setNotes(run.id, notes)} />}
        {tab === 'comments' && <Comments subject={subject} />}
      </Tabs>
      {actions.undo && (
        <footer className="ck-run-foot">
          <UndoBar undo={actions.undo} onClose={actions.forgetUndo} />
        </footer>
      )}
    </div>
  );
}

/** Lists that the summary of a run counts are asked for again when it counts otherwise. */
function useFreshParts(run: Run | undefined): void {
  const cache = useQueryClient();
  const { id, childCount, artifactCount, status } = run ?? {};
  const before = useRef({ id, childCount, artifactCount, status });
  useEffect(() => {
    const was = before.current;
    before.current = { id, childCount, artifactCount, status };
    if (!id || was.id !== id) return;
    if (was.childCount !== childCount) void cache.invalidateQueries({ queryKey: ['runs', 'page', { parentRunId: id }] });
    if (was.artifactCount !== artifactCount) void cache.invalidateQueries({ queryKey: keys.artifacts(id) });
    if (was.status !== status) void cache.invalidateQueries({ queryKey: keys.executions(id) });
  }, [cache, id, childCount, artifactCount, status]);
}

/** The same list while it says the same, so that a new summary redraws no curve. */
function useSame(list: string[]): string[] {
  const held = useRef(list);
  if (list.length !== held.current.length || list.some((one, i) => one !== held.current[i])) held.current = list;
  return held.current;
}

const keyHints = (t: ReturnType<typeof useTranslate>): KeyHint[] => [
  [`1 … ${RUN_TABS.length}`, t('show a part of the run')],
  ['← →', t('go from part to part, on the list of parts')],
  ['e', t('rename the run')],
  ['n p', t('go to the next marked cell of the notebook, or to the one before')],
  ['Ctrl+S', t('save the notes, while writing them')],
  ['Ctrl+Enter', t('send the comment, while writing it')],
  ['?', t('show these keys')],
];
