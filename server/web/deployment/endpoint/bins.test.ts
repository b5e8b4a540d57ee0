import { expect, test } from 'vitest';
import { binNames, levelOf, shares } from './bins.ts';

test('bins between edges are ranges, open at both ends', () => {
  expect(binNames({ edges: [3, 7], values: [] }, 3)).toEqual(['< 3', '3 … 7', '≥ 7']);
  expect(binNames({ edges: [], values: [] }, 1)).toEqual(['all']);
});
test('bins of categories are their values, and what was none of them', () =>
  expect(binNames({ edges: [], values: ['Bern', 'Wien'] }, 3)).toEqual(['Bern', 'Wien', 'other']));
test('without a baseline they are counted', () => expect(binNames(null, 2)).toEqual(['bin 1', 'bin 2']));
test('shares of nothing are nothing', () => {
  expect(shares([1, 3])).toEqual([0.25, 0.75]);
  expect(shares([0, 0])).toEqual([0, 0]);
});
test('levels by the usual limits of the index', () =>
  expect([null, 0.05, 0.1, 0.25].map(levelOf)).toEqual(['unknown', 'same', 'moved', 'far']));
