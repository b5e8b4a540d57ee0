/** What a key means in the grid: where the cell of the keyboard goes, or what is to be done with what it stands on. */
export interface Place {
  /** -1: the header. */
  row: number;
  column: number;
}

export type GridAction =
  | { is: 'go'; to: Place; extend: boolean }
  | { is: 'open' | 'toggle' | 'extend' | 'none' | 'all' | 'compare' | 'delete' | 'tag' | 'archive' }
  | { is: 'expand' | 'collapse' }
  | { is: 'sort'; adds: boolean }
  | { is: 'menu' | 'hide' | 'pin' }
  | { is: 'move' | 'resize'; by: number };

export interface GridSize {
  rows: number;
  columns: number;
  /** Rows of a screen. */
  page: number;
  /** Whether the cell of the keyboard stands in the first column of a group's row. */
  onGroup: 'open' | 'closed' | null;
}

export interface Pressed {
  key: string;
  shiftKey: boolean;
  altKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
}

const RESIZE = 16; // px a press

/** Null: not a key of the grid. */
export function actionOf(pressed: Pressed, at: Place, size: GridSize): GridAction | null {
  const { key, shiftKey, altKey } = pressed;
  const isControl = pressed.ctrlKey || pressed.metaKey;
  const go = (row: number, column = at.column, extend = shiftKey): GridAction => ({
    is: 'go',
    to: { row: Math.max(-1, Math.min(size.rows - 1, row)), column: Math.max(0, Math.min(size.columns - 1, column)) },
    extend: extend && at.row >= 0,
  });
  if (isControl) {
    switch (key) {
      case 'a':
        return { is: 'all' };
      case 'Home':
        return go(0, 0, false);
      case 'End':
        return go(size.rows - 1, size.columns - 1, false);
      case 'ArrowLeft':
        return go(at.row, 0, false);
      case 'ArrowRight':
        return go(at.row, size.columns - 1, false);
      default:
        return null;
    }
  }
  if (at.row < 0) {
    const ofHeader = headerAction(pressed);
    if (ofHeader) return ofHeader;
  }
  if (altKey) return null;
  switch (key) {
    case 'ArrowDown':
    case 'j':
      return go(at.row + 1);
    case 'ArrowUp':
    case 'k':
      return go(at.row - 1);
    case 'ArrowRight':
      return size.onGroup === 'closed' ? { is: 'expand' } : go(at.row, at.column + 1, false);
    case 'ArrowLeft':
      return size.onGroup === 'open' && at.column === 0 ? { is: 'collapse' } : go(at.row, at.column - 1, false);
    case 'PageDown':
      return go(Math.max(0, at.row) + size.page);
    case 'PageUp':
      return go(Math.max(0, at.row - size.page));
    case 'Home':
      return go(0);
    case 'End':
      return go(size.rows - 1);
    case 'h':
      return go(-1, at.column, false);
    case 'Escape':
      return { is: 'none' };
  }
  return at.row < 0 ? null : rowAction(key, shiftKey);
}

function headerAction({ key, shiftKey, altKey }: Pressed): GridAction | null {
  const arrow = { ArrowLeft: -1, ArrowRight: 1 }[key];
  if (arrow && altKey) return { is: 'move', by: arrow };
  if (arrow && shiftKey) return { is: 'resize', by: arrow * RESIZE };
  if (key === 'Enter' || key === ' ') return { is: 'sort', adds: shiftKey };
  if (key === 'm' || key === 'ContextMenu' || (key === 'ArrowDown' && altKey)) return { is: 'menu' };
  if (key === 'p') return { is: 'pin' };
  if (key === 'Delete' || key === 'Backspace') return { is: 'hide' };
  return null;
}

function rowAction(key: string, shiftKey: boolean): GridAction | null {
  switch (key) {
    case ' ':
    case 'x':
      return { is: shiftKey ? 'extend' : 'toggle' };
    case 'Enter':
      return { is: 'open' };
    case 'c':
      return { is: 'compare' };
    case 't':
      return { is: 'tag' };
    case 'e':
      return { is: 'archive' };
    case 'Delete':
    case 'Backspace':
      return { is: 'delete' };
    default:
      return null;
  }
}
