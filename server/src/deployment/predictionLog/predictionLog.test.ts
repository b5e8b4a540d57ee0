import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ChunkedRelease } from './chunk.ts';
import {
  addLatencies,
  binsOf,
  createChunkWriter,
  findRequest,
  LATENCY_BINS,
  latencyBin,
  latencyBounds,
  latencyQuantile,
  newLife,
  PROTOCOLS,
  parsePredictionId,
  populationStability,
  predictionIdOf,
  readChunk,
} from './index.ts';

const release: ChunkedRelease = {
  ...{ id: 'r1', modelName: 'flights', version: 3, classes: ['on time', 'late'] },
  inputs: [
    { name: 'delay', type: 'double', width: 1 },
    { name: 'carrier', type: 'string', width: 1 },
    { name: 'pixels', type: 'float', width: 2 },
  ],
  outputs: [{ name: 'label', type: 'string', width: 1 }],
};
const request = { at: 1_700_000_000_000, release, latencyUs: 120, rows: 1, status: 200, protocol: 'rows', caller: 'ada' } as const;

test('an id says when, in which life and as which request, and sorts by time', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 47), fc.nat(2 ** 48 - 1), fc.nat(2 ** 32 - 1), (at, life, number) => {
      const id = predictionIdOf({ at, life, number });
      expect(id).toMatch(/^[0-9a-f]{32}$/);
      expect(parsePredictionId(id)).toEqual({ at, life, number });
      expect(predictionIdOf({ at: at + 1, life, number: 0 }) > id).toBe(true);
    }),
  );
  expect(newLife()).toBeLessThan(2 ** 48);
  for (const text of ['', 'x'.repeat(32), '0'.repeat(31), 'A'.repeat(32)]) expect(parsePredictionId(text)).toBeNull();
});

test('what was kept comes back as it was, and what was not as null', async () => {
  const writer = createChunkWriter();
  writer.keepRows(
    release,
    [Float64Array.of(0.1, Number.NaN, -3), ['AA', null, '"😀"\u0000'], Float64Array.of(1, 2, 3, 4, 5, 6)],
    [['late', 'on time', 'late']],
    Float64Array.of(0.25, 0.75, 0.5, 0.5, 1, 0),
    1,
    3,
  );
  writer.add({ ...request, number: 7, rows: 2, isShadow: false, kept: 2 });
  writer.add({
    ...request,
    number: 9,
    at: request.at + 5,
    status: 400,
    rows: 0,
    isShadow: true,
    kept: 0,
    caller: 'bob',
    protocol: 'v2',
  });
  const chunk = await writer.encode(42);
  expect(chunk).toMatchObject({
    ...{ life: 42, firstNumber: 7, lastNumber: 9, firstAt: request.at, lastAt: request.at + 5, requests: 2, errors: 1 },
  });
  const [first, second] = await readChunk(chunk!.payload, 7);
  expect(first).toEqual({
    ...{ number: 7, at: request.at, releaseId: 'r1', modelName: 'flights', version: 3, latencyUs: 120, rows: 2, status: 200 },
    ...{ protocol: 'rows', isShadow: false, caller: 'ada' },
    inputs: {
      columns: ['delay', 'carrier', 'pixels'],
      data: [
        [null, null, [3, 4]],
        [-3, '"😀"\u0000', [5, 6]],
      ],
    },
    outputs: {
      columns: ['label', 'score:on time', 'score:late'],
      data: [
        ['on time', 0.5, 0.5],
        ['late', 1, 0],
      ],
    },
  });
  expect(second).toMatchObject({ number: 9, status: 400, isShadow: true, caller: 'bob', protocol: 'v2', inputs: null, outputs: null });
  expect(await findRequest(chunk!.payload, 7, 7)).toEqual(first);
  expect(await findRequest(chunk!.payload, 7, 9)).toEqual(second);
  expect(await findRequest(chunk!.payload, 7, 8)).toBeNull();
  expect(writer.encode(42)).toBeNull(); // it was taken
});

test('numbers of every size come back exactly, and a writer is used again and again', async () => {
  const of: ChunkedRelease = {
    ...release,
    classes: null,
    inputs: [{ name: 'x', type: 'double', width: 1 }],
    outputs: [{ name: 'n', type: 'integer', width: 1 }],
  };
  const writer = createChunkWriter();
  const value = fc.oneof(fc.double(), fc.integer(), fc.constant(0), fc.nat(255), fc.float());
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(value, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })), { minLength: 1 }), async (rows) => {
      const [x, n] = [Float64Array.from(rows.map(([a]) => a)), BigInt64Array.from(rows.map(([, b]) => b))];
      rows.forEach((_, i) => {
        writer.keepRows(of, [x], [n], null, i, i + 1);
        writer.add({ ...request, release: of, number: i, isShadow: false, kept: 1 });
      });
      const read = await readChunk((await writer.encode(1))!.payload, 0);
      const finite = (v: number) => (Number.isNaN(v) ? null : Number.isFinite(v) ? v : String(v));
      expect(read.map(({ inputs }) => inputs?.data[0]?.[0])).toEqual(rows.map(([a]) => finite(a)));
      expect(read.map(({ outputs }) => BigInt(outputs?.data[0]?.[0] as string))).toEqual(rows.map(([, b]) => b));
    }),
    { numRuns: 50 },
  );
});

test('a bin holds what lies between its bounds, and a quantile is off by no more than its bin is wide', () => {
  for (const us of [0, 1, 2, 3, 119.7, 1_000, 3e6, 3.6e9]) {
    const { low, high } = latencyBounds(latencyBin(us));
    expect(low <= us && us < high * (1 + 1e-9)).toBe(true);
  }
  for (let bin = 1; bin < LATENCY_BINS; bin++) expect(latencyBin(2 ** (bin / 4))).toBe(bin);
  const counts = new Array<number>(LATENCY_BINS).fill(0);
  for (let us = 1; us <= 10_000; us++) counts[latencyBin(us)]! += 1;
  for (const q of [0.5, 0.95, 0.99]) expect(Math.abs(latencyQuantile(counts, q)! / (q * 10_000) - 1)).toBeLessThan(0.19);
  expect(latencyQuantile([], 0.5)).toBeNull();
  expect(addLatencies([1], [2, 3])).toEqual([3, 3]);
});

test('a value on an edge belongs to the bin above, and what is missing to none', () => {
  const numbers = binsOf({ type: 'double', edges: [1, 2], values: [], counts: [1, 1, 1] })!;
  expect([-9, 1, 1.5, 2, 99, Number.NaN].map(numbers.binOf)).toEqual([0, 1, 1, 2, 2, -1]);
  const texts = binsOf({ type: 'string', edges: [], values: ['AA', 'UA'], counts: [5, 3, 1] })!;
  expect(['AA', 'UA', 'constructor', null].map(texts.binOf)).toEqual([0, 1, 2, -1]);
  const flags = binsOf({ type: 'boolean', edges: [], values: ['True', 'False'], counts: [5, 3] })!;
  expect([1, 0, Number.NaN].map(flags.binOf)).toEqual([0, 1, -1]);
  expect(binsOf({ type: 'string', edges: [], values: [], counts: [] })).toBeNull();
});

test('the stability index is nought for equal shares and large for shifted ones', () => {
  // Brute force: (0.5-0.25)ln 2 + (0.5-0.75)ln(0.5/0.75).
  expect(populationStability([25, 75], [50, 50])).toBeCloseTo(0.25 * Math.log(2) - 0.25 * Math.log(2 / 3), 12);
  expect(populationStability([50, 50], [500, 500])).toBe(0);
  expect(populationStability([50, 50], [20, 20])).toBeNull();
  expect(populationStability([50, 0], [0, 100])).toBeGreaterThan(5);
});

test('protocols keep their places: they are stored by number', () => {
  expect(PROTOCOLS).toEqual(['rows', 'invocations', 'v2', 'arrow', 'batch']);
});

test('a chunk that holds more or fewer rows than its requests say is refused, and still listed', async () => {
  const keep = (writer: ReturnType<typeof createChunkWriter>) =>
    writer.keepRows(release, [Float64Array.of(1), ['AA'], Float64Array.of(1, 2)], [['late']], Float64Array.of(1, 0), 0, 1);
  for (const kept of [0, 2]) {
    const writer = createChunkWriter();
    keep(writer);
    expect(writer.unclaimed).toBe(1);
    writer.add({ ...request, number: 1, isShadow: false, kept });
    const { payload } = (await writer.encode(1))!;
    const reason = `it holds 1 rows of flights 3, and its requests say that ${kept} are theirs`;
    await expect(findRequest(payload, 1, 1)).rejects.toThrow(reason);
    await expect(readChunk(payload, 1)).rejects.toThrow(reason);
    expect(await readChunk(payload, 1, { rows: false })).toMatchObject([{ number: 1, status: 200, inputs: null }]);
  }
});
