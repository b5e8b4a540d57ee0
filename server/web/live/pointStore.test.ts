import type { Curve } from '@cellkeep/schema/tracking';
import { beforeEach, expect, test, vi } from 'vitest';
import type { LoadHistory } from './historyLoader.ts';
import { createPointStore } from './pointStore.ts';

const RUN = 'a'.repeat(32);
const OTHER = 'b'.repeat(32);
const history = (runId: string, steps: number[]): Curve => ({
  runId,
  key: 'loss',
  steps: Float64Array.from(steps),
  times: Float64Array.from(steps),
  values: Float64Array.from(steps),
  total: steps.length,
  sampled: false,
});
const points = (steps: number[]) => [{ key: 'loss', steps, times: steps, values: steps }];

/** A server whose answers the test gives when it wants to. */
function serverOf() {
  const asked: { runIds: readonly string[]; answer: (curves: Curve[]) => void; fail: () => void }[] = [];
  const load: LoadHistory = ({ runIds }) =>
    new Promise((resolve, reject) => asked.push({ runIds, answer: resolve, fail: () => reject(new Error('away')) }));
  return { load, asked };
}

let frames: (() => void)[] = [];
beforeEach(() => {
  frames = [];
  vi.stubGlobal('requestAnimationFrame', (frame: () => void) => frames.push(frame));
});
const nextFrame = () => {
  for (const frame of frames.splice(0)) frame();
};
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('live points that come before the history are not lost and not doubled', async () => {
  const { load, asked } = serverOf();
  const store = createPointStore(load);
  store.read([RUN], 'loss', 100, () => undefined);
  store.append(RUN, points([2, 3]));
  asked[0]!.answer([history(RUN, [0, 1, 2])]);
  await settled();
  const held = store.get(RUN, 'loss')!;
  expect(held.state).toBe('ready');
  expect([...held.series.steps.subarray(0, held.series.length)]).toEqual([0, 1, 2, 3]);
});

test('however many points come, a reader is told once a frame', async () => {
  const { load, asked } = serverOf();
  const store = createPointStore(load);
  let told = 0;
  store.read([RUN], 'loss', 100, () => told++);
  asked[0]!.answer([history(RUN, [0])]);
  await settled();
  nextFrame();
  expect(told).toBe(1);
  for (let step = 1; step < 100; step++) store.append(RUN, points([step]));
  expect(told).toBe(1);
  nextFrame();
  expect(told).toBe(2);
});

test('two readers of one series ask once; the last one to go takes it along', async () => {
  const { load, asked } = serverOf();
  const store = createPointStore(load);
  const stop = store.read([RUN], 'loss', 100, () => undefined);
  const stopOther = store.read([RUN, OTHER], 'loss', 100, () => undefined);
  expect(asked.map(({ runIds }) => runIds)).toEqual([[RUN], [OTHER]]);
  stop();
  expect(store.get(RUN, 'loss')).toBeDefined();
  stopOther();
  expect(store.get(RUN, 'loss')).toBeUndefined();
});

test('what cannot be loaded is an error until somebody reads it again; what is shown stays shown', async () => {
  const { load, asked } = serverOf();
  const store = createPointStore(load);
  store.read([RUN], 'loss', 100, () => undefined);
  asked[0]!.fail();
  await settled();
  expect(store.get(RUN, 'loss')!.state).toBe('error');
  store.read([RUN], 'loss', 100, () => undefined);
  asked[1]!.answer([history(RUN, [0])]);
  await settled();
  store.reload();
  asked[2]!.fail();
  await settled();
  expect(store.get(RUN, 'loss')).toMatchObject({ state: 'ready', series: { length: 1 } });
});

test('a run without the metric is ready and empty', async () => {
  const { load, asked } = serverOf();
  const store = createPointStore(load);
  store.read([RUN], 'loss', 100, () => undefined);
  asked[0]!.answer([]);
  await settled();
  expect(store.get(RUN, 'loss')).toMatchObject({ state: 'ready', series: { length: 0 } });
});
