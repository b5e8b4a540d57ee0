import { expect, test } from 'vitest';
import type { Translate } from '../../host.ts';
import { obstacleOf } from './SetFields.tsx';
import { MOST_BYTES, MOST_SLICES } from './setDraft.ts';

const t: Translate = (text, values = {}) => text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
const data = [['late']];

test.each([
  ['rows that fit', data, MOST_BYTES, MOST_SLICES, null],
  ['no answers', [], 0, 0, 'No row has a true answer in this column.'],
  ['111 MiB', data, 111 * 2 ** 20, 0, 'These rows are 111 MiB as JSON, and a set holds at most 63: leave out columns or rows.'],
  ['three columns of 50 values', data, 10, 150, 'These columns make 150 slices, and a set has at most 100: choose fewer.'],
])('what stands against a set is said before it is sent: %s', (_, rows, bytes, slices, said) => {
  expect(obstacleOf({ data: rows, bytes }, slices, t)).toBe(said);
});
