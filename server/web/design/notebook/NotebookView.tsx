/** A snapshot read as a notebook: its cells at the left, and one panel of what belongs to it at the right (below each other's place where it is narrow). */
import type { Execution, Snapshot, SnapshotSummary } from '@cellkeep/schema/design';
import type { Run } from '@cellkeep/schema/tracking';
import { type KeyboardEvent, type ReactElement, useMemo, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { useTranslate } from '../../host.ts';
import { isTyping } from '../../look/Keys.tsx';
import { Empty, ErrorState, Skeleton } from '../../look/states.tsx';
import { RanOn } from '../environment/RanOn.tsx';
import { useSessionExecutions, useSnapshot } from '../queries.ts';
import { VerifyPanel } from '../verdict/VerifyPanel.tsx';
import { CellList, type CellListHandle } from './CellList.tsx';
import { goneCells, markedIndexes, nextMarked } from './cells.ts';
import { ExecutionCard } from './ExecutionCard.tsx';
import { NotebookNotes } from './NotebookNotes.tsx';
import { NotebookTools, type Panel } from './NotebookTools.tsx';
import { SlicePanel } from './SlicePanel.tsx';

const NONE: readonly Execution[] = [];

export function NotebookView({
  snapshot,
  run,
  runExecutions,
  switcher,
  otherId,
}: {
  snapshot: Snapshot;
  run: Run | null;
  /** What ran while the run was open. */
  runExecutions: readonly Execution[];
  /** Chooses between the snapshots of the run; null where it stands alone. */
  switcher: ReactElement | null;
  /** As the run began, where this is how it ended: tells which files changed meanwhile. */
  otherId: SnapshotSummary['id'] | null;
}): ReactElement {
  const t = useTranslate();
  const list = useRef<CellListHandle>(null);
  const [panel, setPanel] = useState<Panel | null>(null);
  const { sessionId, lastOrder, document, kernel } = snapshot;
  const { data: executions, error, refetch } = useSessionExecutions(sessionId, lastOrder);
  const { data: other = null } = useSnapshot(otherId);
  const known = executions ?? NONE;
  const byOrder = useMemo(() => new Map(known.map((execution) => [execution.order, execution])), [known]);
  const ofRun = useMemo(() => runExecutions.filter((one) => one.sessionId === sessionId), [runExecutions, sessionId]);
  const runOrders = useMemo(() => new Set(ofRun.map(({ order }) => order)), [ofRun]);
  const starter = runExecutions.find(({ id }) => id === run?.source.executionId) ?? null;
  // A kernel that died left no snapshot of the end: what ran after the one that there is must not be lost from sight.
  const later = useMemo(
    () => runExecutions.filter((one) => one.sessionId !== sessionId || one.order > (lastOrder ?? -1)),
    [runExecutions, sessionId, lastOrder],
  );
  const gone = useMemo(() => goneCells(known, document), [known, document]);
  const findings = kernel?.findings ?? [];
  const ranIds = new Set(ofRun.flatMap(({ cellId }) => cellId ?? []));
  const marked = markedIndexes(document, findings, ranIds);
  const placeOf = (cellId: string) => document?.cells.findIndex(({ id }) => id === cellId) ?? -1;
  const columns = useRef<HTMLDivElement>(null);
  /** Where it is narrow a panel stands in the place of the cells: it makes room for the one that is to be seen. */
  const makeRoom = () => {
    if (panel && columns.current?.querySelector<HTMLElement>('.ck-nb-cells')?.offsetParent === null) flushSync(() => setPanel(null));
  };
  const showGone = () => {
    makeRoom();
    list.current?.showGone();
  };
  const show = (cellId: string) => {
    const index = placeOf(cellId);
    if (index < 0) return showGone();
    makeRoom();
    list.current?.show(index);
  };
  const go = (step: 1 | -1) => {
    makeRoom();
    const next = nextMarked(marked, list.current?.first() ?? -1, step);
    if (next !== undefined) list.current?.show(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'n') go(1);
    else if (event.key === 'p') go(-1);
    else if (event.key === 'Escape' && panel) setPanel(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const onShow = document ? show : null;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the cells are handled where they bubble to
    <div className="ck-nb" data-panel={panel ?? undefined} onKeyDown={onKeyDown}>
      <NotebookTools
        snapshot={snapshot}
        run={run}
        switcher={switcher}
        panel={panel}
        onPanel={setPanel}
        marked={marked.length}
        onStep={go}
        onStarter={starter?.cellId && document ? () => show(starter.cellId as string) : null}
        goneCount={gone.some(({ cellId }) => cellId !== null) ? gone.length : 0}
        laterCount={later.length}
        onGone={showGone}
      />
      <NotebookNotes snapshot={snapshot} />
      <div ref={columns} className="ck-nb-columns">
        {error && !executions && <ErrorState error={error} onRetry={() => void refetch()} />}
        {document ? (
          document.cells.length === 0 && gone.length === 0 ? (
            <Empty icon="notebook" title={t('The notebook was empty')} />
          ) : (
            <CellList
              key={snapshot.id}
              ref={list}
              snapshot={snapshot}
              byOrder={byOrder}
              gone={gone}
              later={later}
              runOrders={runOrders}
              starterOrder={starter?.sessionId === sessionId ? starter.order : null}
            />
          )
        ) : (
          <div className="ck-nb-cells ck-run-code">
            {!executions && !error && <Skeleton rows={8} />}
            {[...known, ...later].map((execution) => (
              <ExecutionCard key={execution.id} execution={execution} isStarter={execution.id === starter?.id} />
            ))}
          </div>
        )}
        {panel && (
          <aside className="ck-nb-aside" aria-label={{ ranOn: t('What it ran on'), slice: t('Slice'), verify: t('Verify') }[panel]}>
            {panel === 'ranOn' && <RanOn snapshot={snapshot} other={other} />}
            {panel === 'slice' && <SlicePanel executions={sessionId === null ? NONE : executions} runOrders={runOrders} onShow={onShow} />}
            {panel === 'verify' && run && <VerifyPanel run={run} canRun={kernel !== null} onShow={onShow} />}
          </aside>
        )}
      </div>
    </div>
  );
}
