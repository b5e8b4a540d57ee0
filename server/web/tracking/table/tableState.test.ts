import { describe, expect, test } from 'vitest';
import { emptyState, formatTableState, formatView, isSameView, nextSorts, parseTableState, type TableState } from './tableState.ts';

const RUN = 'ab'.repeat(16);

describe('the address of a table', () => {
  test('says nothing of a table as it is at first', () => {
    expect(formatTableState(emptyState)).toBe('');
    expect(parseTableState('')).toEqual(emptyState);
  });

  const state: TableState = {
    filter: `params.note = "a & b = c? #1 <img onerror='x'> 100%"`,
    sorts: [
      { by: 'metrics.val/auc', direction: 'desc' },
      { by: 'params.lr', direction: 'asc' },
    ],
    columns: ['name', 'metrics.val/auc', 'params.a:b', 'tags.x y', 'metrics.layer*'],
    pinned: ['metrics.val/auc'],
    widths: { name: 300, 'params.a:b': 120 },
    groups: ['params.model', 'attributes.user'],
    aggregates: { 'metrics.a:b': 'mean' },
    colours: { 'metrics.val/auc': 'higher', 'metrics.loss': 'lower' },
    selected: [RUN],
    lifecycle: 'archived',
    charts: false,
    view: '0b5f2a6e-1c7d-4f0e-9a3b-2d4c6e8f0a1b',
  };

  test('brings back all that was set, hostile names among it', () => {
    expect(parseTableState(formatTableState(state))).toEqual(state);
  });

  test('a view is the same without the selection', () => {
    expect(parseTableState(formatView(state))).toEqual({ ...state, selected: [], view: null });
    expect(isSameView(formatTableState(state), formatView(state))).toBe(true);
    expect(isSameView(formatTableState({ ...state, groups: [] }), formatView(state))).toBe(false);
  });

  test.each([
    ['ids that are none', 'selected=xyz,../..', { selected: [] }],
    ['widths that are none', 'widths=name:9~status:1e9~x:y~:50', { widths: {} }],
    ['a view that is none', 'view=../settings', { view: null }],
    ['another lifecycle', 'show=everything', { lifecycle: 'active' }],
    ['empty columns', 'columns=', { columns: null }],
    ['aggregates and colours that are none', 'sum=metrics.a:sum&colour=metrics.a:red', { aggregates: {}, colours: {} }],
    ['a group that is named twice', 'group=params.a~params.a', { groups: ['params.a'] }],
    ['more orders than three', 'sort=a~b~c~d', { sorts: ['a', 'b', 'c'].map((by) => ({ by, direction: 'asc' })) }],
    ['an ascending sort', 'sort=params.lr', { sorts: [{ by: 'params.lr', direction: 'asc' }] }],
  ])('leaves out %s', (_, search, wanted) => {
    expect(parseTableState(search)).toMatchObject(wanted);
  });

  test('more selected runs than an address can hold stay in the page', () => {
    const many = Array.from({ length: 51 }, (_, i) => i.toString(16).padStart(32, '0'));
    expect(formatTableState({ ...emptyState, selected: many })).toBe('');
  });
});

test('a header is pressed: best first for numbers, a to z for words, then turned round, then as it was', () => {
  const first = nextSorts([], 'metrics.auc', true);
  expect(first).toEqual([{ by: 'metrics.auc', direction: 'desc' }]);
  const second = nextSorts(first, 'metrics.auc', true);
  expect(second).toEqual([{ by: 'metrics.auc', direction: 'asc' }]);
  expect(nextSorts(second, 'metrics.auc', true)).toEqual([]);
  expect(nextSorts(first, 'params.model', false)).toEqual([{ by: 'params.model', direction: 'asc' }]);
});

test('a second order stands behind the first, is turned round there, and leaves from there', () => {
  const auc = { by: 'metrics.auc', direction: 'desc' } as const;
  const both = nextSorts([auc], 'params.model', false, true);
  expect(both).toEqual([auc, { by: 'params.model', direction: 'asc' }]);
  const turned = nextSorts(both, 'params.model', false, true);
  expect(turned).toEqual([auc, { by: 'params.model', direction: 'desc' }]);
  expect(nextSorts(turned, 'params.model', false, true)).toEqual([auc]);
  expect(nextSorts([auc, ...both.slice(1), { by: 'c', direction: 'asc' }], 'd', false, true).map(({ by }) => by)).toEqual([
    'metrics.auc',
    'params.model',
    'd',
  ]);
});
