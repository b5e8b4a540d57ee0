import fc from 'fast-check';
import { expect, test } from 'vitest';
import { moveShare } from './moveShare.ts';

test('of two shares the other takes the rest', () => expect(moveShare({ a: 1, b: 0 }, 'b', 0.25)).toEqual({ a: 0.75, b: 0.25 }));
test('others give in proportion to what they have', () =>
  expect(moveShare({ a: 0.6, b: 0.2, c: 0.2 }, 'c', 0.6)).toEqual({ a: 0.3, b: 0.1, c: 0.6 }));
test('others that have nothing share the rest equally', () =>
  expect(moveShare({ a: 1, b: 0, c: 0 }, 'a', 0.5)).toEqual({ a: 0.5, b: 0.25, c: 0.25 }));

test('whatever is moved, all shares are 1 together and none is negative', () => {
  const percent = fc.integer({ min: 0, max: 100 });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(9), percent), { minLength: 1, maxLength: 30 }), fc.integer({ min: 2, max: 10 }), (moves, n) => {
      let weights = Object.fromEntries(Array.from({ length: n }, (_, i) => [`r${i}`, i === 0 ? 1 : 0]));
      for (const [at, to] of moves) {
        weights = moveShare(weights, `r${at % n}`, to / 100);
        const shares = Object.values(weights);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
        expect(Math.min(...shares)).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});
