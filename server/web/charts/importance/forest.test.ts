import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bestSplit, growTree, predict, seeded } from './forest.ts';

/** Squared error of two sides, each told by its mean. */
const errorOf = (sides: number[][]) =>
  sides.reduce((sum, side) => {
    const mean = side.reduce((a, b) => a + b, 0) / side.length;
    return sum + side.reduce((a, b) => a + (b - mean) ** 2, 0);
  }, 0);

describe('the best split', () => {
  test('one that explains everything is made', () => {
    const rows = [
      [1, 0],
      [2, 1],
      [3, 0],
      [4, 1],
    ];
    expect(bestSplit(rows, [5, 9, 5, 9], [0, 1, 2, 3], [0, 1])).toEqual({ column: 1, at: 0.5 });
  });

  test('what is all the same is not split', () => {
    expect(bestSplit([[1], [2], [3]], [0.1, 0.1, 0.1], [0, 1, 2], [0])).toBeNull();
    expect(bestSplit([[1], [1]], [1, 2], [0, 1], [0])).toBeNull();
  });

  test('no other split leaves less error, as trying all of them shows', () => {
    const number = fc.integer({ min: -5, max: 5 });
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number, number), { minLength: 2, maxLength: 12 }), (data) => {
        const rows = data.map(([a, b]) => [a, b]);
        const target = data.map(([, , y]) => y);
        const sidesAt = (column: number, at: number) => [
          target.filter((_, i) => rows[i]![column]! < at),
          target.filter((_, i) => rows[i]![column]! >= at),
        ];
        const every = [0, 1].flatMap((column) =>
          rows
            .map((row) => sidesAt(column, row[column]!))
            .filter((sides) => sides.every((side) => side.length > 0))
            .map(errorOf),
        );
        const least = Math.min(errorOf([target]), ...every);
        const found = bestSplit(rows, target, [...rows.keys()], [0, 1]);
        expect(found ? errorOf(sidesAt(found.column, found.at)) : errorOf([target])).toBeCloseTo(least, 6);
      }),
    );
  });
});

test('a forest learns a step that depends on two columns together', () => {
  const chance = seeded(1);
  const rows = Array.from({ length: 200 }, () => [chance(), chance(), chance()]);
  const target = rows.map(([a = 0, b = 0]) => Number(a > 0.5 !== b > 0.5));
  const trees = Array.from({ length: 40 }, () => growTree(rows, target, { leaf: 2, tried: 2, chance }));
  const said = (row: number[]) => trees.reduce((sum, tree) => sum + predict(tree, row), 0) / trees.length;
  expect(said([0.2, 0.8, 0.5])).toBeGreaterThan(0.8);
  expect(said([0.8, 0.8, 0.5])).toBeLessThan(0.2);
});
