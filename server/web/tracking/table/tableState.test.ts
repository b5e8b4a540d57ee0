import { describe, expect, test } from 'vitest';
import { emptyState, formatTableState, nextSort, parseTableState, type TableState } from './tableState.ts';

const RUN = 'ab'.repeat(16);

describe('the address of a table', () => {
  test('says nothing of a table as it is at first', () => {
    expect(formatTableState(emptyState)).toBe('');
    expect(parseTableState('')).toEqual(emptyState);
  });

  test('brings back all that was set, hostile names among it', () => {
    const state: TableState = {
      filter: `params.note = "a & b = c? #1 <img onerror='x'> 100%"`,
      sort: { by: 'metrics.val/auc', direction: 'desc' },
      columns: ['name', 'metrics.val/auc', 'params.a:b', 'tags.x y'],
      widths: { name: 300, 'params.a:b': 120 },
      selected: [RUN],
      lifecycle: 'deleted',
      charts: false,
    };
    expect(parseTableState(formatTableState(state))).toEqual(state);
  });

  test.each([
    ['ids that are none', 'selected=xyz,../..', { selected: [] }],
    ['widths that are none', 'widths=name:9~status:1e9~x:y~:50', { widths: {} }],
    ['another lifecycle', 'show=everything', { lifecycle: 'active' }],
    ['empty columns', 'columns=', { columns: null }],
    ['an ascending sort', 'sort=params.lr', { sort: { by: 'params.lr', direction: 'asc' } }],
  ])('leaves out %s', (_, search, wanted) => {
    expect(parseTableState(search)).toMatchObject(wanted);
  });

  test('more selected runs than an address can hold stay in the page', () => {
    const many = Array.from({ length: 51 }, (_, i) => i.toString(16).padStart(32, '0'));
    expect(formatTableState({ ...emptyState, selected: many })).toBe('');
  });
});

test('a header is pressed: best first for numbers, a to z for words, then turned round, then as it was', () => {
  const first = nextSort(null, 'metrics.auc', true);
  expect(first).toEqual({ by: 'metrics.auc', direction: 'desc' });
  const second = nextSort(first, 'metrics.auc', true);
  expect(second).toEqual({ by: 'metrics.auc', direction: 'asc' });
  expect(nextSort(second, 'metrics.auc', true)).toBeNull();
  expect(nextSort(first, 'params.model', false)).toEqual({ by: 'params.model', direction: 'asc' });
});
