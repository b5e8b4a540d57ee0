// biome-ignore-all lint/a11y/useSemanticElements: rows and cells of a virtual grid are placed, a table's are not
import { type PointerEvent, type ReactElement, useRef } from 'react';
import { useTranslate } from '../../host.ts';
import type { Column } from './columns.ts';
import type { Sort } from './tableState.ts';

const NARROWEST = 48; // px

export interface HeaderProps {
  columns: readonly Column[];
  widths: (column: Column) => number;
  sort: Sort | null;
  onSort: (column: Column) => void;
  onWidth: (column: Column, width: number) => void;
  /** Puts `id` where `before` is. */
  onMove: (id: string, before: string) => void;
  allSelected: boolean | 'mixed';
  onSelectAll: () => void;
}

/** Sticky names of the columns: a click sorts, the right edge sets the width, dragging changes the order. */
export function Header({ columns, widths, sort, onSort, onWidth, onMove, allSelected, onSelectAll }: HeaderProps): ReactElement {
  const t = useTranslate();
  const dragged = useRef<string | null>(null);
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the grid holds the focus; the buttons in the header have their own
    <div role="row" className="ck-thead" aria-rowindex={1}>
      {columns.map((column, i) => {
        const isSorted = sort !== null && sort.by === column.orderBy;
        const ariaSort = !isSorted ? 'none' : sort.direction === 'asc' ? 'ascending' : 'descending';
        return (
          // biome-ignore lint/a11y/useFocusableInteractive: its button is focusable
          <div
            key={column.id}
            role="columnheader"
            aria-colindex={i + 1}
            aria-sort={ariaSort}
            className={headClass(column)}
            style={{ width: widths(column) }}
            title={column.key ? column.id : undefined}
            draggable={column.kind !== 'name'}
            onDragStart={(event) => {
              dragged.current = column.id;
              event.dataTransfer.effectAllowed = 'move';
            }}
            onDragOver={(event) => {
              if (dragged.current && column.kind !== 'name') event.preventDefault();
            }}
            onDrop={() => {
              if (dragged.current && dragged.current !== column.id) onMove(dragged.current, column.id);
              dragged.current = null;
            }}
          >
            {column.kind === 'name' && (
              <button
                type="button"
                role="checkbox"
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
              <button type="button" className="ck-th-name" onClick={() => onSort(column)}>
                <span>{column.label}</span>
                {isSorted && <b aria-hidden="true">{sort.direction === 'asc' ? '↑' : '↓'}</b>}
              </button>
            )}
            <Edge width={widths(column)} onWidth={(width) => onWidth(column, width)} />
          </div>
        );
      })}
    </div>
  );
}

export function headClass(column: Column): string {
  return `ck-th${column.kind === 'name' ? ' ck-pin' : ''}${column.isNumber ? ' ck-num' : ''}`;
}

/** The right edge of a header: dragged with the pointer; a table's width is a matter of looks, so keys are not needed for it. */
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
        if (start.current) onWidth(Math.max(NARROWEST, start.current.width + event.clientX - start.current.x));
      }}
      onPointerUp={() => {
        start.current = null;
      }}
    />
  );
}
