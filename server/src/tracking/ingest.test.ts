import { randomUUID } from 'node:crypto';
import type { IngestRecord } from '@cellkeep/schema/tracking';
import { describe, expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';

const server = testServer();
const client = () => server().client;
const newId = () => randomUUID().replaceAll('-', '');

/** A kernel's side of the conversation: counts its batches. */
function newWriter() {
  const writer = randomUUID();
  let seq = 0;
  return {
    writer,
    send: (...records: unknown[]) => client().tracking.ingest({ writer, seq: ++seq, records }),
    again: (...records: unknown[]) => client().tracking.ingest({ writer, seq, records }),
  };
}

function session(notebookPath: string | null = null) {
  const id = randomUUID();
  const start = { type: 'session.start', session: { id, kind: notebookPath ? 'notebook' : 'script', notebookPath, startedAt: 1 } };
  let order = 0;
  const execution = (more: object = {}) => ({
    type: 'execution' as const,
    execution: {
      id: randomUUID(),
      sessionId: id,
      cellId: null,
      order: order++,
      executionCount: 1,
      source: 'x',
      startedAt: 1,
      durationMs: 1,
      status: 'ok',
      ...more,
    },
  });
  return { id, start, execution };
}
const create = (more: object = {}) => ({ type: 'run.create', run: { id: newId(), experimentName: 'ingested', ...more } });
const points = (runId: string, ...steps: number[]): IngestRecord => ({
  type: 'points',
  runId,
  series: [{ key: 'loss', steps, times: steps, values: steps }],
});
const countOf = async (id: string) => (await client().tracking.runs.get({ id })).metrics.loss?.count ?? 0;

test('a batch makes session, execution, run, params, tags and points in one go', async () => {
  const kernel = session('work/a.ipynb');
  const cell = kernel.execution({ cellId: 'c1', executionCount: 7, source: 'fit()', reads: ['x'], writes: ['y'] });
  const run = create({ source: { sessionId: kernel.id, executionId: cell.execution.id, cellId: 'c1', executionCount: 7 } });
  const { id } = run.run;
  const answer = await newWriter().send(
    kernel.start,
    cell,
    run,
    { type: 'params', runId: id, params: { lr: '0.1' } },
    { type: 'tags', runId: id, tags: { team: 'a' } },
    points(id, 1, 2, 3),
    { type: 'run.update', run: { id, status: 'finished', endedAt: 9_999_999_999_999 } },
  );
  expect(answer).toEqual({ seq: 1, duplicate: false, accepted: 7, rejected: [] });
  const stored = await client().tracking.runs.get({ id });
  expect(stored).toMatchObject({
    status: 'finished',
    params: { lr: '0.1' },
    tags: { team: 'a' },
    metrics: { loss: { count: 3, last: 3 } },
  });
  expect(stored.source).toMatchObject({ notebookPath: 'work/a.ipynb', cellId: 'c1', executionCount: 7 });
  const { executions } = await client().design.executions.list({ runId: id });
  expect(executions).toMatchObject([{ source: 'fit()', reads: ['x'], writes: ['y'], runIds: [id], notebookPath: 'work/a.ipynb' }]);
  const { edges } = await client().governance.lineage({ subject: `run:${id}` });
  expect(edges).toMatchObject([{ from: `execution:${cell.execution.id}`, relation: 'produced', to: `run:${id}` }]);
});

describe('a batch counts once', () => {
  test('when it is sent again, whatever it holds then', async () => {
    const kernel = newWriter();
    const run = create();
    await kernel.send(run, points(run.run.id, 1, 2));
    expect(await kernel.again(run, points(run.run.id, 3, 4))).toEqual({ seq: 1, duplicate: true, accepted: 0, rejected: [] });
    expect(await countOf(run.run.id)).toBe(2);
  });

  test('when several copies arrive at once', async () => {
    const { writer } = newWriter();
    const run = create();
    const body = { writer, seq: 1, records: [run, points(run.run.id, 1, 2, 3)] };
    const answers = await Promise.all(Array.from({ length: 8 }, () => client().tracking.ingest(body)));
    expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(await countOf(run.run.id)).toBe(3);
  });
});

test('a number that comes too early is a conflict that names the one expected', async () => {
  const { writer } = newWriter();
  const sent = client().tracking.ingest({ writer, seq: 2, records: [] });
  await expect(sent).rejects.toMatchObject({
    code: 'CONFLICT',
    data: { issues: [{ field: 'seq', reason: expect.stringContaining('batch 1') }] },
  });
});

test('a writer is one user’s own', async () => {
  const { writer, send } = newWriter();
  await send();
  const other = server().clientOf(await server().tokenOf('editor'));
  await expect(other.tracking.ingest({ writer, seq: 2, records: [] })).rejects.toMatchObject({
    code: 'CONFLICT',
    data: { issues: [{ field: 'writer' }] },
  });
});

test('a record that breaks a rule is named and left out; the others are stored', async () => {
  const run = create();
  const { id } = run.run;
  const answer = await newWriter().send(
    run,
    { type: 'dance' },
    points(newId(), 1),
    points(id, 5),
    { type: 'params', runId: id, params: { lr: 1 } },
    { type: 'run.create', run: { ...run.run, name: 'other' } },
    { type: 'execution', execution: session().execution().execution },
    { type: 'session.end', sessionId: randomUUID(), at: 1 },
    null,
  );
  expect(answer.accepted).toBe(2);
  expect(answer.rejected.map(({ index, code, issues }) => [index, code, issues[0]?.field])).toEqual([
    [1, 'BAD_REQUEST', 'type'],
    [2, 'NOT_FOUND', 'runId'],
    [4, 'BAD_REQUEST', 'params.lr'],
    [5, 'CONFLICT', 'name'],
    [6, 'NOT_FOUND', 'execution.sessionId'],
    [7, 'NOT_FOUND', 'sessionId'],
    [8, 'BAD_REQUEST', ''],
  ]);
  expect(await countOf(id)).toBe(1);
});

test('what is logged to a deleted run is named and left out, also behind its creation that is repeated, until it is restored', async () => {
  const run = create();
  const { id } = run.run;
  const { send } = newWriter();
  await send(run, points(id, 1));
  await client().tracking.runs.delete({ ids: [id] });
  const logged = [points(id, 2), { type: 'params', runId: id, params: { lr: '1' } }, { type: 'tags', runId: id, tags: { a: 'b' } }];
  for (const before of [[], [run]]) {
    const answer = await send(...before, ...logged, { type: 'heartbeat', runIds: [id] });
    expect(answer.rejected.map(({ index, code, issues }) => [index - before.length, code, issues[0]?.reason])).toEqual(
      [0, 1, 2].map((index) => [index, 'CONFLICT', `run ${id} is deleted`]),
    );
  }
  expect(await countOf(id)).toBe(1);
  await client().tracking.runs.restore({ ids: [id] });
  expect((await send(points(id, 2))).rejected).toEqual([]);
  expect(await countOf(id)).toBe(2);
});

test('characters that Postgres cannot keep are replaced, not the record refused', async () => {
  const kernel = session();
  const cell = kernel.execution({ status: 'error', error: { name: 'ValueError', message: 'embedded \0 byte and half a pair \ud83d' } });
  const run = create({ tags: { odd: 'a\0b\udc00' } });
  expect((await newWriter().send(kernel.start, cell, run)).rejected).toEqual([]);
  const { executions } = await client().design.executions.list({ sessionId: kernel.id });
  expect(executions[0]?.error?.message).toBe('embedded \ufffd byte and half a pair \ufffd');
  expect((await client().tracking.runs.get({ id: run.run.id })).tags.odd).toBe('a\ufffdb\ufffd');
});

test('the last word on an execution counts, but a late "running" undoes no end', async () => {
  const kernel = session();
  const { execution } = kernel.execution();
  const running = { ...execution, status: 'running', durationMs: null };
  const writer = newWriter();
  await writer.send(kernel.start, { type: 'execution', execution: running }, { type: 'execution', execution });
  expect((await writer.send({ type: 'execution', execution: running })).rejected).toEqual([]);
  const { executions } = await client().design.executions.list({ sessionId: kernel.id });
  expect(executions).toMatchObject([{ status: 'ok', durationMs: 1 }]);
});

test('params and tags of many records are written at once, the last word counts, and an end is told with them', async () => {
  const run = create();
  const { id } = run.run;
  const values = Array.from({ length: 50 }, (_, i) => ({ type: 'params', runId: id, params: { [`p${i % 40}`]: String(i) } }));
  const end = { type: 'run.update', run: { id, status: 'finished' } };
  await newWriter().send(run, ...values, { type: 'tags', runId: id, tags: { a: '1' } }, end, { type: 'tags', runId: id, tags: { a: '2' } });
  const stored = await client().tracking.runs.get({ id });
  expect([Object.keys(stored.params).length, stored.params.p9, stored.params.p10, stored.tags, stored.status]).toEqual([
    40,
    '49',
    '10',
    { a: '2' },
    'finished',
  ]);
  const { events } = await client().governance.events({ subject: `run:${id}` });
  expect(events.map(({ what }) => what)).toHaveLength(4); // made, set, ended, tagged
});

test('a child that tells of a parent which is not there yet is believed', async () => {
  const parent = newId();
  const child = create({ parentRunId: parent });
  expect((await newWriter().send(child)).rejected).toEqual([]);
  expect((await newWriter().send({ type: 'run.create', run: { id: parent, experimentName: 'ingested' } })).rejected).toEqual([]);
  expect((await client().tracking.runs.get({ id: parent })).childCount).toBe(1);
});

describe('notebooks', () => {
  const runIn = (kernel: ReturnType<typeof session>) => create({ source: { sessionId: kernel.id } });
  const runsAt = async (notebookPath: string) => (await client().tracking.runs.search({ notebookPath })).runs.map(({ id }) => id).sort();

  test('keep their runs when the kernel says that they moved', async () => {
    const kernel = session('move/before.ipynb');
    const writer = newWriter();
    const [first, second] = [runIn(kernel), runIn(kernel)];
    await writer.send(kernel.start, first, { type: 'session.move', sessionId: kernel.id, notebookPath: 'move/after.ipynb' }, second);
    expect(await runsAt('move/after.ipynb')).toEqual([first.run.id, second.run.id].sort());
    expect(await runsAt('move/before.ipynb')).toEqual([]);
  });

  test('keep their runs when their folder moves, and a kernel that started under the old path joins them', async () => {
    const kernel = session('old/deep/a.ipynb');
    const first = runIn(kernel);
    await newWriter().send(kernel.start, first);
    expect(await client().design.notebooks.move({ from: 'old', to: 'new' })).toEqual({ moved: true });
    expect(await runsAt('new/deep/a.ipynb')).toEqual([first.run.id]);
    const late = session('old/deep/a.ipynb'); // JPY_SESSION_NAME is not told of a rename
    const second = runIn(late);
    await newWriter().send(late.start, second, { type: 'session.move', sessionId: late.id, notebookPath: 'new/deep/a.ipynb' });
    expect(await runsAt('new/deep/a.ipynb')).toEqual([first.run.id, second.run.id].sort());
    expect((await client().design.notebooks.list({ path: 'old/deep/a.ipynb' })).notebooks).toEqual([]);
  });

  test('one that is moved onto another takes its place', async () => {
    const [a, b] = [session('place/a.ipynb'), session('place/b.ipynb')];
    const [ofA, ofB] = [runIn(a), runIn(b)];
    await newWriter().send(a.start, b.start, ofA, ofB);
    await client().design.notebooks.move({ from: 'place/a.ipynb', to: 'place/b.ipynb' });
    expect(await runsAt('place/b.ipynb')).toEqual([ofA.run.id]);
    expect((await client().tracking.runs.get({ id: ofB.run.id })).id).toBe(ofB.run.id);
  });

  test.each(['the kernel', 'the page'])('moved onto another, and %s says so first: its runs are found there', async (first) => {
    const folder = `onto ${first}`;
    const [old, kernel, earlier] = [session(`${folder}/b.ipynb`), session(`${folder}/a.ipynb`), session(`${folder}/a.ipynb`)];
    const [replaced, before, during] = [runIn(old), runIn(earlier), runIn(kernel)];
    const writer = newWriter();
    await writer.send(old.start, earlier.start, kernel.start, replaced, before, during);
    const said = [
      () => writer.send({ type: 'session.move', sessionId: kernel.id, notebookPath: `${folder}/b.ipynb` }),
      () => client().design.notebooks.move({ from: `${folder}/a.ipynb`, to: `${folder}/b.ipynb` }),
    ];
    for (const say of first === 'the kernel' ? said : said.toReversed()) await say();
    expect(await runsAt(`${folder}/b.ipynb`)).toEqual([before.run.id, during.run.id].sort());
  });

  test('nothing that was tracked is no error', async () => {
    expect(await client().design.notebooks.move({ from: 'nowhere.ipynb', to: 'x.ipynb' })).toEqual({ moved: false });
  });

  test('of two users with the same path are two', async () => {
    const own = session('same.ipynb');
    await newWriter().send(own.start);
    const other = server().clientOf(await server().tokenOf('editor'));
    const theirs = session('same.ipynb');
    await other.tracking.ingest({ writer: randomUUID(), seq: 1, records: [theirs.start] });
    expect((await client().design.notebooks.list({ path: 'same.ipynb' })).notebooks).toHaveLength(2);
    const [mine, foreign] = [runIn(own), runIn(theirs)];
    await newWriter().send(mine);
    await other.tracking.ingest({ writer: randomUUID(), seq: 1, records: [foreign] });
    expect(await runsAt('same.ipynb')).toEqual([mine.run.id]);
    expect((await other.tracking.runs.search({ notebookPath: 'same.ipynb' })).runs.map(({ id }) => id)).toEqual([foreign.run.id]);
    await client().design.notebooks.move({ from: 'same.ipynb', to: 'mine.ipynb' });
    expect((await client().design.notebooks.list({ path: 'same.ipynb' })).notebooks).toHaveLength(1);
    expect(await runsAt('same.ipynb')).toEqual([foreign.run.id]); // a path that is nobody's here means the others'
  });
});

test('executions of a run are those from its start to its end, in the kernel’s order', async () => {
  const kernel = session('exec.ipynb');
  const cells = Array.from({ length: 5 }, (_, i) => kernel.execution({ source: `cell ${i}`, startedAt: 100 + i * 10, durationMs: 5 }));
  const run = create({ startedAt: 111, source: { sessionId: kernel.id, executionId: cells[1]!.execution.id } });
  await newWriter().send(kernel.start, ...cells, run, { type: 'run.update', run: { id: run.run.id, status: 'finished', endedAt: 125 } });
  const first = await client().design.executions.list({ runId: run.run.id, limit: 1 });
  const second = await client().design.executions.list({ runId: run.run.id, limit: 5, cursor: first.nextCursor! });
  expect([...first.executions, ...second.executions].map(({ source }) => source)).toEqual(['cell 1', 'cell 2']);
});

test('a run that was told of before its session belongs to the notebook all the same', async () => {
  const kernel = session('work/early.ipynb');
  const early = await client().tracking.runs.create({ experimentName: 'ingested', source: { sessionId: kernel.id } });
  expect(early.source.notebookPath).toBeNull();
  await newWriter().send(kernel.start);
  expect((await client().tracking.runs.get({ id: early.id })).source.notebookPath).toBe('work/early.ipynb');
});
