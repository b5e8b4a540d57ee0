import { expect, test } from 'vitest';
import { assignSlots, preferredSlot, runColour, SLOTS, styleOf } from './runColour.ts';

const idOf = (n: number) => `${n.toString(16).padStart(6, '0')}${'0'.repeat(26)}`;

test('a run has the same colour wherever it is asked for, also by an id that is none', () => {
  expect(runColour(idOf(3))).toBe(runColour(idOf(3)));
  expect(runColour('not hex')).toBe('var(--ck-s1)');
});

test('runs of one picture all look different while there are looks', () => {
  const ids = Array.from({ length: SLOTS }, (_, n) => idOf(n * 8)); // all of them want the first colour
  const slots = [...assignSlots(ids, new Map()).values()];
  expect(new Set(slots).size).toBe(SLOTS);
  expect(new Set(slots.slice(0, 8).map((slot) => styleOf(slot).colour)).size).toBe(8);
});

test('more runs than looks: each still has one', () => {
  const ids = Array.from({ length: SLOTS + 5 }, (_, n) => idOf(n));
  expect(assignSlots(ids, new Map()).size).toBe(ids.length);
});

test('a run keeps the look that it was given', () => {
  const remembered = new Map([[idOf(1), 17]]);
  expect(assignSlots([idOf(0), idOf(1)], remembered).get(idOf(1))).toBe(17);
  expect(assignSlots([idOf(5)], new Map()).get(idOf(5))).toBe(preferredSlot(idOf(5)));
});
