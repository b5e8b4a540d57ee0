// biome-ignore-all lint/a11y/useSemanticElements: rows and cells of a virtual grid are placed, a table's are not
import type { Run } from '@cellkeep/schema/tracking';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type MouseEvent, type ReactElement, useCallback, useEffect, useId, useMemo, useRef, useState } from 'react';
import { useHost, useTranslate } from '../../host.ts';
import { useRunStyles } from '../../live/shared.ts';
import { bestOf, type Column } from './columns.ts';
import { Header } from './Header.tsx';
import { RunRow } from './RunRow.tsx';
import { nextSort, type TableState } from './tableState.ts';
import { useColumnSparks } from './useColumnSparks.ts';
import type { RunPages } from './useRunPages.ts';

export const ROW = 28; // px
const AHEAD = 12; // rows drawn beyond what is seen

export interface GridProps {
  pages: RunPages;
  columns: readonly Column[];
  state: TableState;
  onState: (change: Partial<TableState>) => void;
  onVisible: (from: number, to: number) => void;
  onOpen: (run: Run) => void;
  onDelete: () => void;
  onCompare: () => void;
}

/** The rows. One stop of the keyboard: arrows go from run to run, Space selects, Enter opens. */
export function Grid({ pages, columns, state, onState, onVisible, onOpen, onDelete, onCompare }: GridProps): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(-1);
  const anchor = useRef(0);
  const gridId = useId();
  const styles = useRunStyles(state.selected);
  const rows = useVirtualizer({ count: pages.count, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: AHEAD });
  const shown = rows.getVirtualItems();
  const from = shown[0]?.index ?? 0;
  const to = shown.at(-1)?.index ?? 0;
  useEffect(() => onVisible(from, to), [onVisible, from, to]);

  const widths = useCallback((column: Column) => state.widths[column.id] ?? column.width, [state.widths]);
  const total = columns.reduce((sum, column) => sum + widths(column), 0);
  const { rowAt } = pages;
  // biome-ignore lint/correctness/useExhaustiveDependencies: rowAt is new on each render; the rows it reads are `loaded`
  const visibleRuns = useMemo(
    () => Array.from({ length: to - from + 1 }, (_, i) => rowAt(from + i)).filter((run): run is Run => run !== undefined),
    [from, to, pages.loaded],
  );
  const sparks = useColumnSparks(visibleRuns, columns);
  const sorted = columns.find(({ orderBy, kind }) => kind === 'metric' && orderBy === state.sort?.by);
  const best = useMemo(() => {
    const id = sorted && state.sort ? bestOf(pages.loaded, sorted.key, state.sort.direction) : null;
    return id && sorted ? { id, column: sorted.id } : null;
  }, [pages.loaded, sorted, state.sort]);

  const toggle = useCallback(
    (index: number, run: Run, extend: boolean) => {
      const chosen = new Set(state.selected);
      if (extend) {
        const [low, high] = [Math.min(anchor.current, index), Math.max(anchor.current, index)];
        for (let i = low; i <= high; i++) {
          const id = rowAt(i)?.id;
          if (id) chosen.add(id);
        }
      } else {
        if (!chosen.delete(run.id)) chosen.add(run.id);
        anchor.current = index;
      }
      onState({ selected: [...chosen] });
    },
    [state.selected, rowAt, onState],
  );
  const latestToggle = useRef(toggle);
  latestToggle.current = toggle;
  const onSelect = useCallback((index: number, run: Run, event: MouseEvent) => {
    setActive(index);
    latestToggle.current(index, run, event.shiftKey);
  }, []);
  const onActive = useCallback((index: number) => {
    setActive(index);
    scroller.current?.focus({ preventScroll: true });
  }, []);

  const go = (index: number, extend: boolean) => {
    const next = Math.max(0, Math.min(pages.count - 1, index));
    setActive(next);
    rows.scrollToIndex(next);
    const run = rowAt(next);
    if (extend && run) toggle(next, run, true);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const run = rowAt(active);
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW) - 2);
    const moves: Record<string, number> = {
      ArrowDown: 1,
      j: 1,
      ArrowUp: -1,
      k: -1,
      PageDown: page,
      PageUp: -page,
      Home: -active,
      End: pages.count - 1 - active,
    };
    const by = moves[event.key];
    if (event.metaKey || event.ctrlKey || event.altKey || event.target !== event.currentTarget) return;
    if (by !== undefined) go(active < 0 ? 0 : active + by, event.shiftKey);
    else if ((event.key === ' ' || event.key === 'x') && run) toggle(active, run, event.shiftKey);
    else if (event.key === 'Enter' && run) onOpen(run);
    else if (event.key === 'Escape' && state.selected.length > 0) onState({ selected: [] });
    else if (event.key === 'c' && state.selected.length > 0) onCompare();
    else if ((event.key === 'Delete' || event.key === 'Backspace') && state.selected.length > 0) onDelete();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const columnIds = () => columns.map(({ id }) => id);
  return (
    <div
      ref={scroller}
      role="grid"
      className="ck-grid"
      tabIndex={0}
      aria-label={t('Runs')}
      aria-rowcount={(pages.total ?? 0) + 1}
      aria-colcount={columns.length}
      aria-multiselectable="true"
      aria-activedescendant={active >= 0 ? `${gridId}-${active}` : undefined}
      aria-busy={pages.isLoading || pages.isOld}
      onKeyDown={onKeyDown}
      onFocus={(event) => {
        if (event.target === event.currentTarget && active < 0) setActive(0);
      }}
      data-host={host.kind}
    >
      <div className="ck-grid-inner" style={{ minWidth: total }}>
        <Header
          columns={columns}
          widths={widths}
          sort={state.sort}
          onSort={(column) => onState({ sort: nextSort(state.sort, column.orderBy ?? '', column.isNumber) })}
          onWidth={(column, width) => onState({ widths: { ...state.widths, [column.id]: width } })}
          onMove={(id, before) => {
            const rest = columnIds().filter((one) => one !== id);
            rest.splice(rest.indexOf(before), 0, id);
            onState({ columns: rest });
          }}
          allSelected={allOf(pages.loaded, state.selected)}
          onSelectAll={() => onState({ selected: allOf(pages.loaded, state.selected) === true ? [] : pages.loaded.map(({ id }) => id) })}
        />
        <div role="rowgroup" className="ck-tbody" data-old={pages.isOld ? '' : undefined} style={{ height: rows.getTotalSize() }}>
          {shown.map(({ index, start }) => {
            const run = rowAt(index);
            return (
              <RunRow
                key={run?.id ?? `row ${index}`}
                id={`${gridId}-${index}`}
                run={run}
                index={index}
                top={start}
                columns={columns}
                widths={widths}
                isActive={index === active}
                style={run && styles.get(run.id)}
                best={best}
                sparks={sparks}
                onSelect={onSelect}
                onActive={onActive}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

function allOf(runs: readonly Run[], selected: readonly string[]): boolean | 'mixed' {
  if (selected.length === 0 || runs.length === 0) return false;
  const chosen = new Set(selected);
  return runs.every(({ id }) => chosen.has(id)) ? true : 'mixed';
}
