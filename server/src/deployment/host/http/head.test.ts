import { expect, test } from 'vitest';
import { csvValue } from '../rows/csvValue.ts';
import { MOST_HEAD, readHead } from './head.ts';

const headOf = (headers: string) => Buffer.from(`GET / HTTP/1.1\r\nhost: x\r\n${headers}`);
const room = MOST_HEAD - 100;

/** ms of the fastest of some, so that another process that has the processor just then does not count */
function fastest(work: () => unknown): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    const since = performance.now();
    try {
      work();
    } catch {} // a refusal takes its time, too
    least = Math.min(least, performance.now() - since);
  }
  return least;
}

test.each<[string, string]>([
  ['blanks within a value', `x: a${' '.repeat(room)}b`],
  ['blanks within Connection', `connection: a${' '.repeat(room)}b`],
  ['tabs within Connection', `connection: a${'\t'.repeat(room)}b`],
  ['commas and blanks', `connection: a${' ,'.repeat(room / 2)}b`],
  ['blanks and a line feed', `x: a${' '.repeat(room)}\n`],
  ['blanks before a value', `x:${' '.repeat(room)}b`],
  ['a name without a colon', 'x'.repeat(room)],
  ['blanks before the coding', `transfer-encoding: a${' '.repeat(room)}b`],
])('a head full of %s takes about as long as a plain one of its size', (_what, headers) => {
  const plain = fastest(() => readHead(headOf(`x: ${'a'.repeat(room)}`)));
  expect(fastest(() => readHead(headOf(headers)))).toBeLessThan(20 * plain + 5);
});

test('values are read without the blanks around them, and Connection is a list', () => {
  const { headers, keepAlive } = readHead(headOf('a: \t b \t c\t \r\nb:\r\nconnection:  x , Close\t,y '));
  expect([headers.get('a'), headers.get('b'), headers.get('connection'), keepAlive]).toEqual(['b \t c', '', 'x , Close\t,y', false]);
});

test('a cell of many digits that is no number takes no longer than one that is', () => {
  const digits = '1'.repeat(30_000);
  const plain = fastest(() => csvValue(digits, 'string'));
  expect(fastest(() => csvValue(`${digits}x`, 'double'))).toBeLessThan(20 * plain + 10);
  expect(['1', '-1.', '.5', '1.5e3', '1e', '.'].map((cell) => csvValue(cell, 'double'))).toEqual([1, -1, 0.5, 1_500, '1e', '.']);
});
