import { expect, test } from 'vitest';
import { sparkPath } from './Sparkline.tsx';

test.each([
  ['nothing', [], ''],
  ['only NaN', [Number.NaN], ''],
  ['low to high', [0, 1], 'M0.0 10.0L50.0 0.0'],
  ['a constant runs through the middle', [4, 4], 'M0.0 5.0L50.0 5.0'],
  ['NaN is a gap', [0, Number.NaN, 1], 'M0.0 10.0M50.0 0.0'],
  ['one point is a dot', [3], 'M25.0 5.0h0.01'],
])('%s', (_, values, path) => {
  expect(sparkPath(values, 50, 10)).toBe(path);
});
