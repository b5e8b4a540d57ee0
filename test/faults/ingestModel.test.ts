import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { realServer } from './realServer.ts';

const server = realServer();

interface Output {
  seq: number;
  duplicate: boolean;
  accepted: number;
  rejected: { index: number; code: string; issues: { field: string; reason: string }[] }[];
}
/** A record as the kernel would send it, with what the model knows of it. */
type Made =
  | { kind: 'create'; run: number }
  | { kind: 'points'; run: number; key: string; points: [step: number, time: number, value: number][] }
  | { kind: 'param'; run: number; key: string; value: string }
  | { kind: 'wrong'; record: unknown };

const runOf = fc.integer({ min: 0, max: 2 });
const key = fc.constantFrom('loss', 'acc/val', 'system/cpu %');
const point = fc.tuple(
  fc.integer({ min: -20, max: 20 }),
  fc.integer({ min: 0, max: 3 }),
  fc.oneof(fc.integer({ min: 0, max: 2 }), fc.double({ noNaN: true, noDefaultInfinity: true })),
);
const made: fc.Arbitrary<Made> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('create' as const), run: runOf }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('points' as const), run: runOf, key, points: fc.array(point, { maxLength: 12 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('param' as const), run: runOf, key, value: fc.string({ maxLength: 5 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('wrong' as const),
      record: fc.oneof(
        fc.jsonValue(),
        fc.constantFrom(
          { type: 'points' },
          { type: 'points', runId: 'x', series: [] },
          { type: 'nothing' },
          { type: 'params', runId: '0'.repeat(32), params: { a: 1 } },
          { type: 'points', runId: '0'.repeat(32), series: [{ key: 'k', steps: [1, 2], times: [1], values: [1] }] },
        ),
      ),
    }),
  },
);
/** Which batch is sent next: most often the one whose turn it is, else one before it again, or one too early. */
const sending = fc.array(fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 4, arbitrary: fc.integer({ min: -3, max: 2 }) }), {
  maxLength: 25,
});

test('batches that are repeated, come too early or are half wrong leave what a simple model says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(made, { maxLength: 8 }), { minLength: 1, maxLength: 6 }), sending, async (batches, order) => {
      const writer = randomUUID();
      const ids = [0, 1, 2].map(() => randomUUID().replaceAll('-', ''));
      const model = { runs: new Set<number>(), params: new Map<string, string>(), points: new Map<string, Set<string>>() };
      let last = 0;
      const send = async (seq: number) => {
        const batch = batches[seq - 1] ?? [];
        const answer = await server.send<Output>('POST', '/ingest', { writer, seq, records: batch.map((one) => recordOf(one, ids)) });
        if (seq > last + 1) return expect(answer.status, 'a batch that comes too early').toBe(409);
        expect(answer.status, answer.text).toBe(200);
        expect(answer.body.duplicate).toBe(seq <= last);
        if (seq <= last) return expect(answer.body).toMatchObject({ accepted: 0, rejected: [] });
        last = seq;
        const refused = new Set(batch.flatMap((one, index) => (apply(model, one) ? [] : [index])));
        expect(new Set(answer.body.rejected.map(({ index }) => index))).toEqual(refused);
        for (const { issues } of answer.body.rejected) expect(issues.length).toBeGreaterThan(0);
        expect(answer.body.accepted).toBe(batch.length - refused.size);
      };
      for (const distance of order) await send(Math.max(1, last + 1 + distance));
      while (last < batches.length) await send(last + 1);
      await compare(model, ids);
    }),
    { numRuns: 40, interruptAfterTimeLimit: 25_000, markInterruptAsFailure: false },
  );
});

function recordOf(one: Made, ids: string[]): unknown {
  if (one.kind === 'wrong') return one.record;
  const runId = ids[one.run];
  if (one.kind === 'create') return { type: 'run.create', run: { id: runId } };
  if (one.kind === 'param') return { type: 'params', runId, params: { [one.key]: one.value } };
  const { key, points } = one;
  return {
    type: 'points',
    runId,
    series: [{ key, steps: points.map(([s]) => s), times: points.map(([, t]) => t), values: points.map(([, , v]) => v) }],
  };
}

/** @returns false where the record is to be rejected */
function apply(model: { runs: Set<number>; params: Map<string, string>; points: Map<string, Set<string>> }, one: Made): boolean {
  if (one.kind === 'wrong') return false;
  if (one.kind === 'create') {
    model.runs.add(one.run);
    return true;
  }
  if (!model.runs.has(one.run)) return false;
  if (one.kind === 'param') model.params.set(`${one.run} ${one.key}`, one.value.replaceAll('\0', '\ufffd').toWellFormed());
  else {
    const name = `${one.run} ${one.key}`;
    const known = model.points.get(name) ?? new Set();
    model.points.set(name, known);
    for (const [step, time, value] of one.points) known.add(JSON.stringify([step, time, value]));
  }
  return true;
}

async function compare(
  model: { runs: Set<number>; params: Map<string, string>; points: Map<string, Set<string>> },
  ids: string[],
): Promise<void> {
  for (const [index, id] of ids.entries()) {
    const answer = await server.send<{ params: Record<string, string> }>('GET', `/runs/${id}`);
    expect(answer.status).toBe(model.runs.has(index) ? 200 : 404);
    if (!model.runs.has(index)) continue;
    const params = [...model.params].filter(([name]) => name.startsWith(`${index} `));
    expect(answer.body.params).toEqual(Object.fromEntries(params.map(([name, value]) => [name.slice(2), value])));
    for (const [name, wanted] of model.points) {
      if (!name.startsWith(`${index} `)) continue;
      const { steps, times, values } = await server.history(id, name.slice(2));
      const found = steps.map((step, i) => JSON.stringify([step, times[i], values[i]]));
      expect(found.length, 'points, each once').toBe(new Set(found).size);
      expect(new Set(found)).toEqual(wanted);
    }
  }
}
