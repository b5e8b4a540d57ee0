import type { Execution, Snapshot } from '@cellkeep/schema/design';
import { useVirtualizer } from '@tanstack/react-virtual';
import { forwardRef, type ReactElement, useImperativeHandle, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { ErrorState } from '../../look/states.tsx';
import { useShownCells } from '../queries.ts';
import { CellView } from './CellView.tsx';
import type { GoneCell } from './cells.ts';
import { lastExecution } from './cells.ts';
import { GoneCells, LaterCells } from './GoneCells.tsx';

export interface CellListHandle {
  show: (index: number) => void;
  showGone: () => void;
  /** Place of the first cell in sight. */
  first: () => number;
}

export interface CellListProps {
  snapshot: Snapshot;
  byOrder: ReadonlyMap<number, Execution>;
  gone: readonly GoneCell[];
  /** What ran for the run after the snapshot was taken. */
  later: readonly Execution[];
  runOrders: ReadonlySet<number>;
  starterOrder: number | null;
}

const GUESS = 110; // px, of a cell that was not laid out yet

/** The cells in sight and a few around them: a notebook may have thousands. Pages of them are asked for as one scrolls. */
export const CellList = forwardRef<CellListHandle, CellListProps>(function CellList(props, handle): ReactElement {
  const { snapshot, byOrder, gone, later, runOrders, starterOrder } = props;
  const t = useTranslate();
  const scroller = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const total = snapshot.document?.cells.length ?? 0;
  const count = total + (gone.length + later.length > 0 ? 1 : 0);
  const list = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => GUESS,
    overscan: 6,
    gap: 8,
    paddingStart: 8,
    paddingEnd: 24,
  });
  const items = list.getVirtualItems();
  const indexes = useMemo(() => items.map(({ index }) => index).filter((index) => index < total), [items, total]);
  const { cellAt, error, refetch } = useShownCells(snapshot.id, versionOf(snapshot), indexes);
  // Cells that come later are taller than their place: the one that was asked for stays in sight until the reader goes on by themselves.
  const held = useRef<number | null>(null);
  const height = list.getTotalSize();
  useLayoutEffect(() => {
    if (height > 0 && held.current !== null) list.scrollToIndex(held.current, { align: 'start' });
  }, [list, height]);
  const letGo = () => {
    held.current = null;
  };
  useImperativeHandle(handle, () => ({
    show: (index) => {
      setPointed(index);
      held.current = index;
      list.scrollToIndex(index, { align: 'start' });
      scroller.current?.focus({ preventScroll: true });
    },
    showGone: () => list.scrollToIndex(total, { align: 'start' }),
    first: () => {
      const top = (scroller.current?.scrollTop ?? 0) + 40;
      return list.getVirtualItems().findLast(({ start }) => start <= top)?.index ?? 0;
    },
  }));
  const language = languageOf(snapshot);
  return (
    <div
      ref={scroller}
      className="ck-nb-cells"
      role="feed"
      aria-label={t('Cells of the notebook')}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
      tabIndex={0}
      onWheel={letGo}
      onPointerDown={letGo}
      onKeyDown={letGo}
    >
      {error !== null && <ErrorState error={error} onRetry={refetch} />}
      <div className="ck-nb-room" style={{ height }}>
        {items.map(({ index, key, start }) => {
          const cell = index < total ? cellAt(index) : undefined;
          const orders = cell?.executions ?? [];
          return (
            <div
              key={key}
              ref={list.measureElement}
              data-index={index}
              className="ck-nb-slot"
              style={{ transform: `translateY(${start}px)` }}
            >
              {index >= total ? (
                <>
                  {later.length > 0 && <LaterCells executions={later} starterOrder={starterOrder} />}
                  {gone.length > 0 && <GoneCells gone={gone} starterOrder={starterOrder} />}
                </>
              ) : cell ? (
                <CellView
                  cell={cell}
                  execution={lastExecution(orders, byOrder)}
                  part={partOf(orders, runOrders, starterOrder)}
                  total={total}
                  isPython={language === 'python'}
                  isPointedAt={index === pointed}
                />
              ) : (
                <div className="ck-nb-cell ck-nb-waiting" aria-hidden="true">
                  <i className="ck-bone" style={{ width: `${30 + ((index * 37) % 50)}%` }} />
                </div>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
});

function partOf(orders: readonly number[], runOrders: ReadonlySet<number>, starter: number | null): 'started' | 'ran' | null {
  if (starter !== null && orders.includes(starter)) return 'started';
  return orders.some((order) => runOrders.has(order)) ? 'ran' : null;
}

/** A snapshot's other half may come later, and a document from the editor takes the place of one from disk. */
const versionOf = ({ document, lastOrder, hasKernel, findingCount }: Snapshot) =>
  [document?.takenFrom, document?.cells.length, hasKernel, lastOrder, findingCount].join(' ');

/** Metadata are whatever a notebook said. */
function languageOf({ document }: Snapshot): string {
  const said = (of: unknown, name: string): unknown =>
    typeof of === 'object' && of !== null ? (of as Record<string, unknown>)[name] : undefined;
  const language = said(document?.metadata.language_info, 'name') ?? said(document?.metadata.kernelspec, 'language');
  return typeof language === 'string' ? language.toLowerCase() : 'python';
}
