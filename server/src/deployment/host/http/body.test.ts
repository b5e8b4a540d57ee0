import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { type BodyReader, bodyInChunks, bodyOfLength } from './body.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const MiB = 1024 * 1024;

/** bytes that a reader keeps of so many pieces, by the engine's own account */
function kept(reader: BodyReader, piece: string, times: number): number {
  const used = () => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = used();
  // Each in memory of its own, as sockets have it.
  for (let i = 0; i < times; i++) reader.take(Buffer.from(piece));
  const after = used();
  expect(reader.size).toBeGreaterThan(0);
  return after - before;
}

test.each<[string, BodyReader, string, number]>([
  ['chunks of two bytes', bodyInChunks(MiB), '2\r\nab\r\n', 60_000],
  ['pieces of two bytes', bodyOfLength(MiB), 'ab', 60_000],
])('a body that comes in %s takes little more memory than it has bytes', (_what, reader, piece, times) => {
  expect(kept(reader, piece, times)).toBeLessThan(2 * MiB);
  expect(reader.size).toBe(2 * times);
  expect(reader.held).toBeGreaterThanOrEqual(reader.size);
  expect(reader.held).toBeLessThanOrEqual(2 * reader.size);
});

test('nothing is set aside for what is only said to come, and nothing more than is allowed', () => {
  const long = bodyOfLength(1_000 * MiB);
  long.take(Buffer.from('a'));
  expect(long.held).toBeLessThan(10_000);
  const short = bodyOfLength(10);
  expect(short.take(Buffer.from('0123'))).toBe(4);
  expect(short.take(Buffer.from('456789 and more'))).toBe(6);
  expect([short.isWhole, short.held, String(short.body())]).toEqual([true, 10, '0123456789']);
});

test.each<[string, string]>([
  ['of single bytes', '1\r\na\r\n'],
  ['with long extensions', `1;${'x'.repeat(200)}\r\na\r\n`],
])('chunks %s are taken while they are few', (_what, chunk) => {
  const few = bodyInChunks(MiB);
  few.take(Buffer.from(`${chunk.repeat(100)}0\r\n\r\n`));
  expect([few.isWhole, few.size]).toEqual([true, 100]);
  const many = bodyInChunks(MiB);
  expect(() => {
    for (let i = 0; i < 70_000; i++) many.take(Buffer.from(chunk));
  }).toThrow('most of the body is what stands between its chunks');
});
