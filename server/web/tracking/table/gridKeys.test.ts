import { expect, test } from 'vitest';
import { actionOf, type GridSize, type Place } from './gridKeys.ts';

const size: GridSize = { rows: 1_000, columns: 8, page: 20, onGroup: null };
const press = (said: string, at: Place, more: Partial<GridSize> = {}) => {
  const parts = said.split('+');
  const [key, held] = [parts.at(-1) ?? '', new Set(parts.slice(0, -1))];
  const pressed = { key, shiftKey: held.has('Shift'), altKey: held.has('Alt'), ctrlKey: held.has('Ctrl'), metaKey: false };
  return actionOf(pressed, at, { ...size, ...more });
};
const go = (row: number, column: number, extend = false) => ({ is: 'go', to: { row, column }, extend });

test.each<[string, Place, unknown]>([
  ['ArrowDown', { row: 3, column: 2 }, go(4, 2)],
  ['ArrowUp', { row: 0, column: 2 }, go(-1, 2)],
  ['ArrowUp', { row: -1, column: 2 }, go(-1, 2)],
  ['ArrowRight', { row: 3, column: 7 }, go(3, 7)],
  ['ArrowLeft', { row: 3, column: 2 }, go(3, 1)],
  ['Shift+ArrowDown', { row: 3, column: 2 }, go(4, 2, true)],
  ['PageDown', { row: 3, column: 2 }, go(23, 2)],
  ['PageUp', { row: 3, column: 2 }, go(0, 2)],
  ['End', { row: 3, column: 2 }, go(999, 2)],
  ['Home', { row: 700, column: 2 }, go(0, 2)],
  ['Ctrl+End', { row: 3, column: 2 }, go(999, 7)],
  ['Ctrl+ArrowRight', { row: 3, column: 2 }, go(3, 7)],
  ['Ctrl+a', { row: 3, column: 2 }, { is: 'all' }],
  ['Ctrl+c', { row: 3, column: 2 }, null],
  ['Shift+ ', { row: 3, column: 2 }, { is: 'extend' }],
  ['Enter', { row: 3, column: 2 }, { is: 'open' }],
  ['Enter', { row: -1, column: 2 }, { is: 'sort', adds: false }],
  ['Shift+Enter', { row: -1, column: 2 }, { is: 'sort', adds: true }],
  ['Alt+ArrowLeft', { row: -1, column: 2 }, { is: 'move', by: -1 }],
  ['Shift+ArrowRight', { row: -1, column: 2 }, { is: 'resize', by: 16 }],
  ['Alt+ArrowDown', { row: -1, column: 2 }, { is: 'menu' }],
  ['p', { row: -1, column: 2 }, { is: 'pin' }],
  ['p', { row: 3, column: 2 }, null],
  ['Delete', { row: -1, column: 2 }, { is: 'hide' }],
  ['Delete', { row: 3, column: 2 }, { is: 'delete' }],
])('%s at %o', (said, at, wanted) => {
  expect(press(said, at)).toEqual(wanted);
});

test('on a group the arrows open and close it', () => {
  expect(press('ArrowRight', { row: 3, column: 0 }, { onGroup: 'closed' })).toEqual({ is: 'expand' });
  expect(press('ArrowLeft', { row: 3, column: 0 }, { onGroup: 'open' })).toEqual({ is: 'collapse' });
  expect(press('ArrowRight', { row: 3, column: 0 }, { onGroup: 'open' })).toEqual(go(3, 1));
});

test('an empty table has a header to stand on', () => {
  expect(press('ArrowDown', { row: -1, column: 0 }, { rows: 0 })).toEqual(go(-1, 0));
});
