import type { CellPair, SnapshotDiff } from '@cellkeep/schema/design';
import { expect, test } from 'vitest';
import { fillIn } from '../../host.ts';
import { pairOutputs, rowsOf, summaryOf } from './summary.ts';

const none = { packages: [], machine: [], variables: [], git: [], files: [], data: [], seeds: [], params: [], metrics: [], counts: {} };
const diff = (more: object) => ({ ...none, ...more }) as unknown as SnapshotDiff;
const change = (name: string, before: string | null, after: string | null) => ({ name, before, after });

test.each<[SnapshotDiff, string]>([
  [diff({}), 'Nothing is different.'],
  [
    diff({ counts: { edited: 3, moved: 1, same: 40 }, packages: [change('pandas', '2.2', '2.3')], data: [change('flights', 'v7', 'v8')] }),
    '3 cells changed, 1 moved, pandas 2.2 → 2.3, flights v7 → v8',
  ],
  [diff({ counts: { edited: 1, outputs: 1 } }), '1 cell changed, 1 shows something else'],
  [diff({ packages: [change('new', null, '1'), change('old', '1', null)] }), 'new 1 is new, old is gone'],
  [
    diff({ packages: ['a', 'b', 'c', 'd', 'e'].map((name) => change(name, '1', '2')), files: [change('x.csv', '1', '2')] }),
    'a 1 → 2, b 1 → 2, c 1 → 2, 2 more values, 1 file',
  ],
  [diff({ params: [change('text', 'x'.repeat(100), 'y')] }), `text ${'x'.repeat(23)}… → y`],
])('a difference in one line: %#', (given, text) => {
  expect(summaryOf(given, fillIn)).toBe(text);
});

const pair = (change: CellPair['change'], more: Partial<CellPair> = {}): CellPair => ({
  change,
  alsoMoved: false,
  alsoOutputs: false,
  before: null,
  after: null,
  ...more,
});

test('what is the same is folded and counted, and unfolds where somebody asks', () => {
  const pairs = [pair('same'), pair('same'), pair('edited'), pair('same', { alsoOutputs: true }), pair('same'), pair('added')];
  const kinds = (open: number[]) => rowsOf(pairs, new Set(open)).map((row) => (row.kind === 'fold' ? row.pairs.length : row.pair.change));
  expect(kinds([])).toEqual([2, 'edited', 'same', 1, 'added']);
  expect(kinds([0])).toEqual(['same', 'same', 'edited', 'same', 1, 'added']);
});

test('outputs stand beside each other by their place', () => {
  expect(pairOutputs(['a', 'b'], ['x'])).toEqual([
    ['a', 'x'],
    ['b', undefined],
  ]);
});
