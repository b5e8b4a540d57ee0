import type { Execution } from '@cellkeep/schema/design';
import { expect, test } from 'vitest';
import { textOfCells } from './cellTexts.ts';

const ran = (cellId: string | null, startedAt: number, source: string): Execution =>
  ({ id: `${startedAt}`, cellId, startedAt, order: startedAt, source }) as Execution;

test('of a cell that ran twice the last counts, where it ran last; the numbers of executions make no difference', () => {
  const text = textOfCells([ran('a', 1, 'first'), ran('b', 2, 'second\n\n'), ran('a', 3, 'again')]);
  expect(text).toBe('# ── cell 1\nsecond\n\n# ── cell 2\nagain\n');
});

test('code that has no cell is not taken for the same cell', () => {
  expect(textOfCells([ran(null, 1, 'x'), ran(null, 2, 'y')])).toContain('# ── cell 2\ny');
});
