import { expect, test } from 'vitest';
import { bundleOfModel } from '../testModels.ts';
import { Batcher, type BatcherOptions, type Job } from './batcher.ts';
import type { Answers, ColumnValues, LoadedModel, Rows } from './model.ts';

/** Answers each number with its double; told what it was asked. */
function doubling(parallel = 1, wait: () => Promise<void> = async () => {}) {
  const calls: number[][] = [];
  let isClosed = false;
  const model: LoadedModel = {
    bundle: { ...bundleOfModel('progress'), runtime: 'python' },
    parallel,
    async predict({ columns, count }: Rows): Promise<Answers> {
      const values = Array.from(columns[0] as Float64Array);
      expect(values).toHaveLength(count);
      calls.push(values);
      await wait();
      if (values.includes(-1)) throw new Error('it cannot take -1');
      return { columns: [Float64Array.from(values, (value) => value * 2)], scores: null };
    },
    async close() {
      isClosed = true;
    },
  };
  return { model, calls, isClosed: () => isClosed };
}

function batcherOf(model: LoadedModel, options: BatcherOptions = { rows: 8, windowUs: 0 }) {
  const make = (rows: number): ColumnValues[] => [new Float64Array(rows)];
  const batcher = new Batcher(
    model,
    make,
    () => options,
    () => {},
  );
  const ask = (values: number[], isWanted = () => true) =>
    new Promise<number[]>((resolve, reject) => {
      const { columns, at } = batcher.place(values.length);
      (columns[0] as Float64Array).set(values, at);
      const job: Job = {
        ...{ count: values.length, at, columns, isWanted },
        answered: (answers, from) => resolve(Array.from((answers.columns[0] as Float64Array).slice(from, from + values.length))),
        failed: reject,
      };
      batcher.add(job);
    });
  return { batcher, ask };
}

test('what waits goes together, up to the size of a batch, and each gets its own answers', async () => {
  const { model, calls } = doubling();
  const { ask } = batcherOf(model);
  const answers = await Promise.all([[1], [2, 3], [4, 5, 6], [7, 8, 9]].map((values) => ask(values)));
  expect(answers).toEqual([[2], [4, 6], [8, 10, 12], [14, 16, 18]]);
  expect(calls).toEqual([
    [1, 2, 3, 4, 5, 6],
    [7, 8, 9],
  ]);
});

test('between the pieces of a large request it is the turn of whoever waits', async () => {
  const { model, calls } = doubling();
  const { ask } = batcherOf(model);
  const order: string[] = [];
  const large = ask(Array.from({ length: 40 }, (_, i) => i + 100)).then((values) => {
    order.push('large');
    return values;
  });
  const small = [1, 2, 3].map((value) => ask([value]).then(() => order.push('small')));
  await Promise.all([large, ...small]);
  expect(order).toEqual(['small', 'small', 'small', 'large']);
  expect(await large).toEqual(Array.from({ length: 40 }, (_, i) => 2 * (i + 100)));
  expect(Math.max(...calls.map(({ length }) => length))).toBe(8);
});

test('a window gathers rows that come one after another, and a full batch does not wait for it', async () => {
  const { model, calls } = doubling();
  const { ask } = batcherOf(model, { rows: 3, windowUs: 60_000 });
  const first = ask([1]);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await Promise.all([first, ask([2])]);
  expect(calls).toEqual([[1, 2]]);
  const patient = batcherOf(model, { rows: 3, windowUs: 1e9 });
  await Promise.all([patient.ask([1]), patient.ask([2]), patient.ask([3])]);
});

test('a request that fails is asked again alone, and the others are answered', async () => {
  const { model, calls } = doubling();
  const { ask } = batcherOf(model);
  const settled = await Promise.allSettled([[1], [-1], [3]].map((values) => ask(values)));
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(calls).toEqual([[1, -1, 3], [1], [-1], [3]]);
});

test('as many calls run at once as the model allows', async () => {
  let running = 0;
  let most = 0;
  const { model } = doubling(2, async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running -= 1;
  });
  const { ask } = batcherOf(model, { rows: 1, windowUs: 0 });
  await Promise.all([1, 2, 3, 4, 5].map((value) => ask([value])));
  expect(most).toBe(2);
});

test('nobody is asked for whom nobody waits', async () => {
  const { model, calls } = doubling();
  const { ask, batcher } = batcherOf(model);
  void ask([1], () => false);
  await batcher.close();
  expect(calls).toEqual([]);
});

test('closing answers what waits, room that was never used holds nothing up, and then it is over', async () => {
  const { model, isClosed } = doubling();
  const { ask, batcher } = batcherOf(model);
  const last = ask([5]);
  const closed = batcher.close();
  expect(await last).toEqual([10]);
  await closed;
  expect(isClosed()).toBe(true);
  await expect(ask([1])).rejects.toThrow('this release is no longer asked');
  const other = batcherOf(doubling().model);
  other.batcher.place(1);
  await other.batcher.close();
});
