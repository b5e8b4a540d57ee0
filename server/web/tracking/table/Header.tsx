// biome-ignore-all lint/a11y/useSemanticElements: rows and cells of a virtual grid are placed, a table's are not
import { type DragEvent, memo, type PointerEvent, type ReactElement, useRef, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import type { Column } from './columns.ts';
import { cellClass, cellId, type GridLayout, stick } from './gridLayout.ts';
import { cellsOf } from './RunRow.tsx';
import type { Sort } from './tableState.ts';
import type { Span } from './useViewport.ts';

export const NARROWEST = 48; // px
export const WIDEST = 1_200;

export interface HeaderProps {
  gridId: string;
  layout: GridLayout;
  columns: Span;
  /** Column of the keyboard, where it is in the header. */
  activeColumn: number | null;
  sorts: readonly Sort[];
  /** By column id: those that are coloured by value. */
  colours: Readonly<Record<string, unknown>>;
  onSort: (column: Column, adds: boolean) => void;
  onWidth: (column: Column, width: number) => void;
  /** Puts `id` where `target` is. */
  onMove: (id: string, target: string) => void;
  /** Opens the menu of a column beside its button. */
  onMenu: (column: Column, button: HTMLElement) => void;
  menuOf: string | null;
  allSelected: boolean | 'mixed';
  onSelectAll: () => void;
}

/** Sticky names of the columns: a press sorts, with Shift as second order; the right edge sets the width; dragging changes the order. */
export const Header = memo(function Header(props: HeaderProps): ReactElement {
  const { gridId, layout, columns, activeColumn, onMove } = props;
  const dragged = useRef<string | null>(null);
  const [target, setTarget] = useState<string | null>(null);
  const drag = {
    onStart: (id: string, event: DragEvent) => {
      dragged.current = id;
      event.dataTransfer.effectAllowed = 'move';
    },
    onOver: (id: string, event: DragEvent) => {
      if (!dragged.current || id === 'name') return;
      event.preventDefault();
      setTarget(id);
    },
    onEnd: () => {
      dragged.current = null;
      setTarget(null);
    },
    onDrop: (id: string) => {
      if (dragged.current && dragged.current !== id) onMove(dragged.current, id);
      dragged.current = null;
      setTarget(null);
    },
  };
  const cell = (place: number) => {
    const column = layout.columns[place];
    if (!column) return null;
    return <HeaderCell key={column.id} {...props} column={column} place={place} drag={drag} isTarget={target === column.id} />;
  };
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the grid holds the focus and points at its cells
    <div role="row" className="ck-thead" aria-rowindex={1} data-active={activeColumn === null ? undefined : ''} id={`${gridId}-head`}>
      {cellsOf(layout, columns, cell)}
    </div>
  );
});

interface CellProps extends HeaderProps {
  column: Column;
  place: number;
  isTarget: boolean;
  drag: {
    onStart: (id: string, event: DragEvent) => void;
    onOver: (id: string, event: DragEvent) => void;
    onEnd: () => void;
    onDrop: (id: string) => void;
  };
}

function HeaderCell(props: CellProps): ReactElement {
  const { column, place, layout, gridId, sorts, activeColumn, drag, isTarget, onSort, onWidth, onMenu, menuOf } = props;
  const { allSelected, onSelectAll, colours } = props;
  const t = useTranslate();
  const order = column.orderBy === null ? -1 : sorts.findIndex(({ by }) => by === column.orderBy);
  const sort = sorts[order];
  const width = layout.widths[place] ?? column.width;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the grid points at it by aria-activedescendant
    <div
      id={cellId(gridId, -1, place)}
      role="columnheader"
      aria-label={column.label}
      aria-colindex={place + 1}
      aria-sort={!sort ? 'none' : sort.direction === 'asc' ? 'ascending' : 'descending'}
      className={cellClass(column, place, layout, 'ck-th')}
      style={stick(layout, place)}
      title={column.key ? column.id : undefined}
      data-active={place === activeColumn ? '' : undefined}
      data-target={isTarget ? '' : undefined}
      draggable={column.kind !== 'name'}
      onDragStart={(event) => drag.onStart(column.id, event)}
      onDragOver={(event) => drag.onOver(column.id, event)}
      onDragEnd={drag.onEnd}
      onDrop={() => drag.onDrop(column.id)}
    >
      {column.kind === 'name' && (
        <button
          type="button"
          role="checkbox"
          tabIndex={-1}
          aria-checked={allSelected}
          aria-label={t('Select all loaded runs')}
          className="ck-swatch"
          data-on={allSelected !== false}
          onClick={onSelectAll}
        />
      )}
      {column.orderBy === null ? (
        <span className="ck-th-name">{column.label}</span>
      ) : (
        <button type="button" tabIndex={-1} className="ck-th-name" onClick={(event) => onSort(column, event.shiftKey)}>
          <span>{column.label}</span>
          {sort && (
            <b aria-hidden="true">
              {sort.direction === 'asc' ? '↑' : '↓'}
              {sorts.length > 1 && <sub>{order + 1}</sub>}
            </b>
          )}
          {Object.hasOwn(colours, column.id) && <i className="ck-tint-mark" aria-hidden="true" />}
        </button>
      )}
      <button
        type="button"
        tabIndex={-1}
        className="ck-th-menu"
        aria-label={t('Menu of {name}', { name: column.label })}
        aria-haspopup="dialog"
        aria-expanded={menuOf === column.id}
        onClick={(event) => onMenu(column, event.currentTarget)}
      >
        <Icon name="down" size={12} />
      </button>
      <Edge width={width} onWidth={(next) => onWidth(column, next)} />
    </div>
  );
}

/** The right edge of a header, dragged with the pointer; Shift with the arrows does the same from the keyboard (gridKeys.ts). */
function Edge({ width, onWidth }: { width: number; onWidth: (width: number) => void }): ReactElement {
  const start = useRef<{ x: number; width: number } | null>(null);
  const onPointerDown = (event: PointerEvent<HTMLSpanElement>) => {
    event.preventDefault();
    event.stopPropagation();
    event.currentTarget.setPointerCapture(event.pointerId);
    start.current = { x: event.clientX, width };
  };
  return (
    <span
      className="ck-edge"
      aria-hidden="true"
      draggable
      onDragStart={(event) => {
        event.preventDefault();
        event.stopPropagation();
      }}
      onPointerDown={onPointerDown}
      onPointerMove={(event) => {
        if (start.current) onWidth(Math.max(NARROWEST, Math.min(WIDEST, start.current.width + event.clientX - start.current.x)));
      }}
      onPointerUp={() => {
        start.current = null;
      }}
    />
  );
}
