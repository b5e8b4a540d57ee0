import { describe, expect, test } from 'vitest';
import type { Curve } from './curve.ts';
import { nearestCurve, valueAt } from './nearestCurve.ts';

const curve = (runId: string, y: (number | null)[], isFaded = false): Curve => ({
  ...{ runId, label: runId, colour: '#000', dash: undefined, raw: null, isFaded },
  line: { x: y.map((_, i) => i * 10), y },
});
const yOf = (value: number) => 100 - value;

describe('the value of a line', () => {
  const { line } = curve('a', [0, 10, null, 30]);
  test.each([
    ['on a point', 10, 10],
    ['between two', 5, 5],
    ['beside a gap: the point itself', 12, 10],
    ['in a gap', 20, null],
    ['beyond its end', 40, null],
  ])('%s', (_, x, value) => expect(valueAt(line, x)).toBe(value));
});

test('the nearest line is the one that passes nearest, though its points are far', () => {
  const curves = [curve('steep', [0, 100]), curve('flat', [40, 40])];
  expect(nearestCurve(curves, 5, yOf(49), yOf)).toBe('steep');
  expect(nearestCurve(curves, 5, yOf(41), yOf)).toBe('flat');
});

test('far from all lines none is meant, and never one in the background', () => {
  expect(nearestCurve([curve('a', [0, 0])], 5, yOf(90), yOf)).toBeNull();
  expect(nearestCurve([curve('a', [0, 0], true)], 5, yOf(0), yOf)).toBeNull();
});
