// biome-ignore-all lint/a11y/useSemanticElements: rows and cells of a virtual grid are placed, a table's are not
import type { Run } from '@cellkeep/schema/tracking';
import { type KeyboardEvent, type MouseEvent, type ReactElement, useCallback, useEffect, useId, useMemo, useRef, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { useRunStyles } from '../../live/shared.ts';
import { bestOf, type Column } from './columns.ts';
import { GroupRow, NoteRow } from './GroupRow.tsx';
import { actionOf, type GridAction, type Place } from './gridKeys.ts';
import { cellId, type GridLayout, HEAD, ROW, scrollTo } from './gridLayout.ts';
import type { Group } from './groups.ts';
import { Header, NARROWEST, WIDEST } from './Header.tsx';
import { RunRow } from './RunRow.tsx';
import { stretchAt } from './rowModel.ts';
import type { TableState } from './tableState.ts';
import type { ColumnTint } from './tint.ts';
import { useColumnSparks } from './useColumnSparks.ts';
import type { RunPages } from './useRunPages.ts';
import { type Span, useViewport } from './useViewport.ts';

/** What is done with columns, from the header and its menu. */
export interface ColumnActions {
  sort(column: Column, adds: boolean): void;
  resize(column: Column, width: number): void;
  /** Puts `id` where `target` is. */
  move(id: string, target: string): void;
  pin(column: Column): void;
  hide(column: Column): void;
}

export interface GridProps {
  pages: RunPages;
  layout: GridLayout;
  state: TableState;
  tints: ReadonlyMap<string, ColumnTint>;
  onSelected: (ids: string[]) => void;
  onVisible: (drawn: Span, seen: Span) => void;
  /** Which columns are drawn: their values are asked for. */
  onColumns: (span: Span) => void;
  columnActions: ColumnActions;
  onMenu: (column: Column, button: HTMLElement) => void;
  menuOf: string | null;
  onOpen: (run: Run) => void;
  onAction: (action: 'compare' | 'delete' | 'tag' | 'archive' | 'all') => void;
  onToggleGroup: (path: string) => void;
  onSelectGroup: (group: Group) => void;
  onMoreGroups: (path: string) => void;
}

/** The rows. One stop of the keyboard: arrows go from cell to cell, Space selects, Enter opens; the header is the row above the first. */
export function Grid(props: GridProps): ReactElement {
  const { pages, layout, state, tints, onSelected, onVisible, onColumns, columnActions, onMenu, menuOf } = props;
  const t = useTranslate();
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<Place | null>(null);
  // The cell of the keyboard goes with its column where that is pinned or moved, and to its neighbour where it is hidden.
  const [stoodIn, setStoodIn] = useState(layout);
  if (stoodIn !== layout) {
    setStoodIn(layout);
    if (active) setActive({ ...active, column: followed(active.column, stoodIn, layout) });
  }
  const anchor = useRef(0);
  const gridId = useId();
  const styles = useRunStyles(state.selected);
  const { stretches, count } = pages.laid;
  const viewport = useViewport(scroller, { count, rowHeight: ROW, edges: layout.edges, fixed: layout.fixed });
  useEffect(() => onVisible(viewport.rows, viewport.seen), [onVisible, viewport.rows, viewport.seen]);
  useEffect(() => onColumns(viewport.columns), [onColumns, viewport.columns]);

  const { rowAt } = pages;
  // biome-ignore lint/correctness/useExhaustiveDependencies: rowAt is new on each render; the rows that it reads are `loaded`
  const visibleRuns = useMemo(() => {
    const { from, to } = viewport.rows;
    return Array.from({ length: to - from }, (_, i) => rowAt(from + i)).filter((run): run is Run => run !== undefined);
  }, [viewport.rows, pages.loaded]);
  const drawn = useMemo(() => layout.columns.slice(viewport.columns.from, viewport.columns.to), [layout, viewport.columns]);
  const sparks = useColumnSparks(visibleRuns, drawn);
  const best = useBest(pages.loaded, layout, state);

  const latest = useRef({ selected: state.selected, loaded: pages.loaded, rowAt, onSelected });
  latest.current = { selected: state.selected, loaded: pages.loaded, rowAt, onSelected };
  const select = useCallback((row: number, extend: boolean) => {
    const { selected, rowAt: at, onSelected: tell } = latest.current;
    const chosen = new Set(selected);
    if (extend) {
      for (let i = Math.min(anchor.current, row); i <= Math.max(anchor.current, row); i++) {
        const id = at(i)?.id;
        if (id) chosen.add(id);
      }
    } else {
      const id = at(row)?.id;
      if (id && !chosen.delete(id)) chosen.add(id);
      anchor.current = row;
    }
    tell([...chosen]);
  }, []);
  const onSelect = useCallback(
    (index: number, _: Run, event: MouseEvent) => {
      setActive((now) => ({ row: index, column: now?.column ?? 0 }));
      select(index, event.shiftKey);
    },
    [select],
  );
  const onSelectAll = useCallback(() => {
    const { selected, loaded, onSelected: tell } = latest.current;
    tell(allOf(loaded, selected) === true ? [] : loaded.map(({ id }) => id));
  }, []);
  const onActive = useCallback((index: number, event?: MouseEvent) => {
    const cell = event?.target instanceof Element ? event.target.closest('[aria-colindex]') : null;
    const column = Number(cell?.getAttribute('aria-colindex') ?? 1) - 1;
    setActive({ row: index, column });
    scroller.current?.focus({ preventScroll: true });
  }, []);

  const show = ({ row, column }: Place) => {
    const box = scroller.current;
    if (!box) return;
    if (row >= 0) box.scrollTop = scrollTo(box.scrollTop, row * ROW, (row + 1) * ROW, box.clientHeight, HEAD);
    if (column < layout.fixed) return;
    const pinned = layout.edges[layout.fixed] ?? 0;
    const [from, to] = [(layout.edges[column] ?? 0) - pinned, (layout.edges[column + 1] ?? 0) - pinned];
    box.scrollLeft = scrollTo(box.scrollLeft, from, to, box.clientWidth, pinned);
  };

  const act = (action: GridAction, at: Place) => {
    const column = layout.columns[at.column];
    const run = rowAt(at.row);
    switch (action.is) {
      case 'go':
        if (action.extend && at.row >= 0) {
          const from = rowAt(at.row)?.id;
          if (from && !state.selected.includes(from)) anchor.current = at.row;
          if (action.to.row >= 0) select(action.to.row, true);
        }
        setActive(action.to);
        return show(action.to);
      case 'open':
        return run ? props.onOpen(run) : toggleGroup(at.row);
      case 'toggle':
        return run ? select(at.row, false) : selectGroup(at.row);
      case 'extend':
        return select(at.row, true);
      case 'expand':
      case 'collapse':
        return toggleGroup(at.row);
      case 'none':
        return state.selected.length > 0 ? onSelected([]) : undefined;
      case 'all':
        return props.onAction('all');
      case 'compare':
      case 'delete':
      case 'tag':
      case 'archive':
        return state.selected.length > 0 ? props.onAction(action.is) : undefined;
      case 'menu': {
        const button = document.getElementById(cellId(gridId, -1, at.column))?.querySelector<HTMLElement>('.ck-th-menu');
        return column && button ? onMenu(column, button) : undefined;
      }
      case 'sort':
        return column?.orderBy ? columnActions.sort(column, action.adds) : undefined;
      case 'resize': {
        const width = (layout.widths[at.column] ?? 0) + action.by;
        return column && columnActions.resize(column, Math.max(NARROWEST, Math.min(WIDEST, width)));
      }
      case 'move': {
        const target = layout.columns[at.column + action.by];
        if (!column || !target || at.column === 0 || at.column + action.by === 0) return;
        return columnActions.move(column.id, target.id);
      }
      case 'pin':
        return column && columnActions.pin(column);
      case 'hide':
        return column && columnActions.hide(column);
    }
  };
  const toggleGroup = (row: number) => {
    const stretch = stretchAt(stretches, row);
    if (stretch?.is === 'group') props.onToggleGroup(stretch.group.path);
    else if (stretch?.is === 'note') props.onMoreGroups(stretch.path);
  };
  const selectGroup = (row: number) => {
    const stretch = stretchAt(stretches, row);
    if (stretch?.is === 'group') props.onSelectGroup(stretch.group);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return;
    const at = active ?? { row: -1, column: 0 };
    const stretch = stretchAt(stretches, at.row);
    const action = actionOf(event, at, {
      rows: count,
      columns: layout.columns.length,
      page: Math.max(1, Math.floor((viewport.height - HEAD) / ROW) - 2),
      onGroup: stretch?.is === 'group' ? (stretch.isOpen ? 'open' : 'closed') : null,
    });
    if (!action || (action.is === 'none' && state.selected.length === 0)) return;
    event.preventDefault();
    event.stopPropagation();
    act(action, at);
  };

  const { from, to } = viewport.rows;
  // A row that scrolls out becomes one that scrolls in: changing its words costs a fifth of what new elements cost.
  const slots = useRef(0);
  slots.current = Math.max(slots.current, to - from);
  const slotOf = (index: number) => index % Math.max(1, slots.current);
  return (
    <div
      ref={scroller}
      role="grid"
      className="ck-grid"
      tabIndex={0}
      aria-label={t('Runs')}
      aria-rowcount={count + 1}
      aria-colcount={layout.columns.length}
      aria-multiselectable="true"
      aria-activedescendant={active ? cellId(gridId, active.row, active.column) : undefined}
      aria-busy={pages.isLoading || pages.isOld || pages.isSample}
      onKeyDown={onKeyDown}
      onFocus={(event) => {
        if (event.target === event.currentTarget && !active) setActive({ row: count > 0 ? 0 : -1, column: 0 });
      }}
    >
      <div className="ck-grid-inner" style={{ minWidth: layout.edges.at(-1) }}>
        <Header
          gridId={gridId}
          layout={layout}
          columns={viewport.columns}
          activeColumn={active?.row === -1 ? active.column : null}
          sorts={state.sorts}
          colours={state.colours}
          onSort={columnActions.sort}
          onWidth={columnActions.resize}
          onMove={columnActions.move}
          onMenu={onMenu}
          menuOf={menuOf}
          allSelected={allOf(pages.loaded, state.selected)}
          onSelectAll={onSelectAll}
        />
        <div role="rowgroup" className="ck-tbody" data-old={pages.isOld ? '' : undefined} style={{ height: count * ROW }}>
          {Array.from({ length: Math.max(0, to - from) }, (_, i) => {
            const index = from + i;
            const stretch = stretchAt(stretches, index);
            const place = { index, gridId, layout, columns: viewport.columns, activeColumn: active?.row === index ? active.column : null };
            if (stretch?.is === 'group') {
              return (
                <GroupRow
                  key={`group ${slotOf(index)}`}
                  {...place}
                  group={stretch.group}
                  isOpen={stretch.isOpen}
                  aggregates={state.aggregates}
                  colours={state.colours}
                  tints={tints}
                  onToggle={props.onToggleGroup}
                  onSelect={props.onSelectGroup}
                  onActive={onActive}
                />
              );
            }
            if (stretch?.is === 'note') {
              return (
                <NoteRow
                  key={`note ${slotOf(index)}`}
                  {...place}
                  depth={stretch.depth}
                  note={stretch.note}
                  onMore={() => props.onMoreGroups(stretch.path)}
                />
              );
            }
            const run = rowAt(index);
            return (
              <RunRow
                key={slotOf(index)}
                {...place}
                run={run}
                depth={stretch?.depth ?? 0}
                style={run && styles.get(run.id)}
                best={best}
                sparks={sparks}
                tints={tints}
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

/** Where the column stands now that stood at `place`; that place itself, or the last one, where it is gone. */
function followed(place: number, before: GridLayout, now: GridLayout): number {
  const id = before.columns[place]?.id;
  const found = now.columns.findIndex((column) => column.id === id);
  return found >= 0 ? found : Math.min(place, now.columns.length - 1);
}

/** The best of the loaded runs by the metric that stands first in the order. */
function useBest(loaded: readonly Run[], layout: GridLayout, { sorts }: TableState): { id: string; column: string } | null {
  const [first] = sorts;
  const sorted = layout.columns.find(({ orderBy, kind }) => kind === 'metric' && orderBy === first?.by);
  return useMemo(() => {
    const id = sorted && first ? bestOf(loaded, sorted.key, first.direction) : null;
    return id && sorted ? { id, column: sorted.id } : null;
  }, [loaded, sorted, first]);
}

function allOf(runs: readonly Run[], selected: readonly string[]): boolean | 'mixed' {
  if (selected.length === 0 || runs.length === 0) return false;
  const chosen = new Set(selected);
  return runs.every(({ id }) => chosen.has(id)) ? true : 'mixed';
}
