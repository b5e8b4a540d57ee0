import { expect, test } from 'vitest';
import { timeTickText } from './ticks.ts';

const at = (...parts: [number, number, number]) => new Date(2026, 0, 31, ...parts).getTime() / 1_000;

test('a time of day has seconds only where the tick has, so that neighbours never read alike', () => {
  expect([at(12, 5, 0), at(12, 5, 30), at(12, 6, 0)].map((tick) => timeTickText(tick, 900))).toEqual(['12:05', '12:05:30', '12:06']);
});
test('midnight is its day where hours are shown, and every tick is where days are', () => {
  const day = new Date(2026, 0, 31).toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
  expect(timeTickText(at(0, 0, 0), 7_200)).toBe(day);
  expect(timeTickText(at(12, 0, 0), 7 * 86_400)).toBe(day);
});
