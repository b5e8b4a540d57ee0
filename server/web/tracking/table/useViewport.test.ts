import fc from 'fast-check';
import { expect, test } from 'vitest';
import { columnSpan, rowSpan } from './useViewport.ts';

test('whatever is seen is drawn, and little more', () => {
  const place = fc.record({
    count: fc.nat(100_000),
    height: fc.integer({ min: 100, max: 3_000 }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(place, ({ count, height, part }) => {
      const scrollTop = Math.max(0, count * 28 - height) * part;
      const { from, to } = rowSpan(count, 28, scrollTop, height);
      expect(from).toBeLessThanOrEqual(Math.floor(scrollTop / 28));
      expect(to).toBeGreaterThanOrEqual(Math.min(count, Math.ceil((scrollTop + height) / 28)));
      expect(to - from).toBeLessThanOrEqual(Math.ceil(height / 28) + 28);
    }),
  );
});

test('of ten thousand columns those in sight are drawn, behind the fixed ones', () => {
  const edges = Array.from({ length: 10_002 }, (_, i) => i * 96);
  expect(columnSpan(edges, 2, 0, 960)).toEqual({ from: 2, to: 12 });
  const { from, to } = columnSpan(edges, 2, 480_000, 960);
  expect(edges[from]).toBeLessThanOrEqual(480_000 + 2 * 96);
  expect(edges[to]).toBeGreaterThanOrEqual(480_960);
  expect(to - from).toBeLessThan(16);
  expect(columnSpan(edges, 2, 1e9, 960).to).toBe(10_001);
  expect(columnSpan([0], 0, 0, 960)).toEqual({ from: 0, to: 0 });
});

test('a scroll of a row or two draws nothing new', () => {
  const spans = Array.from({ length: 8 }, (_, row) => rowSpan(1_000, 28, (400 + row) * 28, 700));
  expect(new Set(spans.map(({ from }) => from)).size).toBe(1);
});
