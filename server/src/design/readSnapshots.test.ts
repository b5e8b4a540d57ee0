import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';
import { refusal } from '../testing/refusal.ts';
import { digestOfEnvironment } from './environments.ts';
import { testDesign } from './testDesign.ts';
import { environmentOf, kernelOf, notebookOf, sha256, shown, snapshotOf, stream } from './testNotebook.ts';

const server = testServer();
const { design, newKernel, newRun, newRunId, putNotebook } = testDesign(server);

describe('lists', () => {
  test('go from the newest to the oldest, say what changed, and page without a gap', async () => {
    const path = `work/${randomUUID()}.ipynb`;
    const states = [
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'B', 'c'],
      ['c', 'a'],
    ];
    const ids: string[] = [];
    for (const [i, sources] of states.entries()) {
      const cells = sources.map((source) => ({ id: source.toLowerCase(), source }));
      ids.unshift(await putNotebook(notebookOf(cells), { notebookPath: path, takenAt: 1_000 + Math.floor(i / 2) }));
    }
    const all = await design().snapshots.list({ notebookPath: path });
    const sameTime = (a: number, b: number) => [ids[a], ids[b]].sort();
    const order = [...sameTime(0, 1), ...sameTime(2, 3)];
    expect(all.snapshots.map(({ id }) => id)).toEqual(order);
    const first = all.snapshots.at(-1);
    expect(first?.changed).toBeNull();
    const paged: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await design().snapshots.list({ notebookId: first?.notebookId ?? '', limit: 1, cursor });
      paged.push(...page.snapshots.map(({ id }) => id));
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    expect(paged).toEqual(order);
  });

  test('changes are counted by cell id; a cell that only got another id is no change', async () => {
    const path = `work/${randomUUID()}.ipynb`;
    await putNotebook(
      notebookOf([
        { id: 'a', source: '1' },
        { id: 'b', source: '2' },
        { id: 'c', source: '3' },
      ]),
      { notebookPath: path },
    );
    await putNotebook(
      notebookOf([
        { id: 'a', source: 'one' },
        { id: 'x', source: '2' },
        { id: 'd', source: '4' },
        { id: 'e', source: '5' },
      ]),
      { notebookPath: path },
    );
    const { snapshots } = await design().snapshots.list({ notebookPath: path });
    expect(snapshots.map(({ changed }) => changed)).toEqual([{ added: 2, removed: 1, edited: 1 }, null]);
  });
});

test('a snapshot follows its notebook: a kernel that started under an old path says where it is, and the notebook is moved', async () => {
  const [old, now, later] = [0, 1, 2].map(() => `work/${randomUUID()}.ipynb`) as [string, string, string];
  const [first, second] = [newKernel(), newKernel()];
  await first.start(now);
  await second.start(old); // a path that went stale
  const id = await putNotebook(notebookOf([{ id: 'c', source: 'x' }]), { kernel: kernelOf(second.sessionId) });
  expect((await design().snapshots.get({ id })).notebookPath).toBe(old);
  await second.send({ type: 'session.move', sessionId: second.sessionId, notebookPath: now });
  expect((await design().snapshots.get({ id })).notebookPath).toBe(now);
  await design().notebooks.move({ from: now, to: later });
  expect((await design().snapshots.list({ notebookPath: later })).snapshots.map((one) => one.id)).toEqual([id]);
  expect((await design().snapshots.list({ notebookPath: old })).snapshots).toEqual([]);
});

test('whoever watches a run or its notebook hears of a snapshot, and who watches another does not', async () => {
  const run = await newRun();
  const { client, close } = await server().connect();
  const events = await client.tracking.watch({ runIds: [run] });
  await events.next(); // hello
  await putNotebook(notebookOf([{ id: 'c', source: 'unwatched' }]));
  const id = await putNotebook(notebookOf([{ id: 'c', source: 'watched' }]), { runIds: [run] });
  const heard = await events.next();
  expect(heard.value).toEqual({ type: 'snapshot', change: 'taken', snapshotId: id, runId: run });
  await events.return?.(undefined);
  await close();
});

test('cells page by page: small outputs inside, large ones named', async () => {
  const png = Buffer.alloc(600_000, 7).toString('base64');
  const outputs = [
    stream('short'),
    stream(`${'é'.repeat(40_000)}`),
    shown({ 'image/png': png, 'text/html': 'x'.repeat(70_000), 'text/plain': 'figure', 'application/json': { a: [1] } }),
    shown({ 'image/png': Buffer.alloc(900_000, 7).toString('base64'), __proto__x: 'y' }, 'execute_result'),
    { output_type: 'error', ename: 'ValueError', evalue: 'bad', traceback: ['one', 'two'] },
  ];
  const id = await putNotebook(
    notebookOf([
      { id: 'm', source: '# title', type: 'markdown' },
      { id: 'c', source: 'plot()', outputs },
    ]),
  );
  const { cells, total } = await design().snapshots.cells({ id, offset: 1 });
  expect(total).toBe(2);
  const [cell] = cells;
  expect(cell).toMatchObject({ id: 'c', index: 1, type: 'code', source: 'plot()' });
  expect(cell?.outputs.map(({ type, name, cut }) => [type, name, cut])).toEqual([
    ['stream', 'stdout', []],
    ['stream', 'stdout', ['text/plain']],
    ['display_data', '', ['text/html']],
    ['execute_result', '', ['image/png']],
    ['error', 'ValueError', []],
  ]);
  expect(cell?.outputs[0]?.data).toEqual({ 'text/plain': 'short' });
  expect(cell?.outputs[1]?.data['text/plain']).toMatch(/^é{30000,40000}$/);
  expect(cell?.outputs[2]?.data).toEqual({ 'image/png': png, 'text/plain': 'figure', 'application/json': '{"a":[1]}' });
  expect(cell?.outputs[3]?.data).toEqual({ __proto__x: 'y' });
  expect(cell?.outputs[4]?.data).toEqual({ 'text/plain': 'one\ntwo' });
});

test('a run that no snapshot names has those of its cell: MLflow tells the kernel nothing of its runs', async () => {
  const kernel = newKernel();
  await kernel.start('work/mlflow.ipynb');
  const [executionId, other] = [randomUUID(), randomUUID()];
  const ran = { sessionId: kernel.sessionId, cellId: 'a', executionCount: 1, source: 'x', startedAt: 1, durationMs: 1, status: 'ok' };
  await kernel.send(
    { type: 'execution', execution: { ...ran, id: executionId, order: 0 } },
    { type: 'execution', execution: { ...ran, id: other, order: 1 } },
  );
  const id = newRunId();
  const source = { sessionId: kernel.sessionId, executionId };
  await server().client.tracking.runs.create({ id, experimentName: 'snapshots', source });
  const cells = notebookOf([{ id: 'a', source: '1' }]);
  const mine = await putNotebook(cells, { kernel: kernelOf(kernel.sessionId, { lastOrder: 0 }) });
  await putNotebook(cells, { kernel: kernelOf(kernel.sessionId, { lastOrder: 1 }) });
  expect((await design().snapshots.list({ runId: id })).snapshots.map((one) => one.id)).toEqual([mine]);
});

test('cells say their executions until then and what was found of them', async () => {
  const kernel = newKernel();
  await kernel.start('work/found.ipynb');
  const execution = (order: number, cellId: string) => ({
    type: 'execution',
    execution: {
      id: randomUUID(),
      sessionId: kernel.sessionId,
      cellId,
      order,
      executionCount: order + 1,
      source: 'x',
      startedAt: 1,
      durationMs: 1,
      status: 'ok',
    },
  });
  await kernel.send(execution(0, 'a'), execution(1, 'b'), execution(2, 'a'), execution(3, 'a'));
  const finding = { cellId: 'b', kind: 'stale' as const, reason: 'its input changed', orders: [2], names: ['x'] };
  const id = await putNotebook(
    notebookOf([
      { id: 'a', source: '1' },
      { id: 'b', source: '2' },
    ]),
    {
      kernel: kernelOf(kernel.sessionId, { lastOrder: 2, findings: [finding] }),
    },
  );
  const { cells } = await design().snapshots.cells({ id });
  expect(cells.map(({ executions, findings }) => [executions, findings])).toEqual([
    [[0, 2], []],
    [[1], [finding]],
  ]);
});

describe('two snapshots', () => {
  test('differ in cells, packages, machine, variables, git, files, data, seeds, params and metrics', async () => {
    const kernel = newKernel();
    await kernel.start(`work/${randomUUID()}.ipynb`);
    const sides = [
      {
        lr: '0.1',
        loss: 1,
        python: '3.13.5',
        numpy: '2.3.1',
        seed: '1',
        commit: 'a'.repeat(40),
        size: 5,
        sources: ['import x', 'fit()', 'old'],
      },
      {
        lr: '0.2',
        loss: 0.5,
        python: '3.13.6',
        numpy: '2.4.0',
        seed: '2',
        commit: 'b'.repeat(40),
        size: 6,
        sources: ['import x', 'fit(2)', '# of another kind altogether'],
      },
    ];
    const ids: string[] = [];
    for (const [i, side] of sides.entries()) {
      const run = newRunId();
      const packages = [
        { name: 'NumPy', version: side.numpy, hash: '', source: '' },
        { name: 'only_in_one', version: '1', hash: '', source: '' },
      ];
      const environment = environmentOf({ python: side.python, packages: packages.slice(0, 2 - i) });
      const digest = digestOfEnvironment(environment);
      await design().environments.put({ digest, environment });
      await kernel.send(
        { type: 'run.create', run: { id: run, experimentName: 'snapshots' } },
        { type: 'params', runId: run, params: { lr: side.lr, same: 'x' } },
        { type: 'points', runId: run, series: [{ key: 'loss', steps: [0], times: [1], values: [side.loss] }] },
      );
      const record = kernelOf(kernel.sessionId, {
        environment: digest,
        git: { commit: side.commit, branch: 'main', dirty: i === 1, remote: '', diff: null },
        files: [{ path: '/data/x.csv', mode: 'read', size: side.size, digest: sha256(String(i)), orders: [0] }],
        seeds: [{ generator: 'numpy', seed: side.seed, order: 0 }],
        variables: { TZ: i === 0 ? 'UTC' : 'CET', LANG: 'C' },
        data: [{ kind: 'dataset', name: 'flights', version: String(i + 1), digest: '' }],
      });
      const cells = side.sources.map((source, at) => ({ id: at === 2 ? `last${i}` : `c${at}`, source }));
      ids.push(await putNotebook(notebookOf(cells), { runIds: [run], kernel: record }));
    }
    const [before = '', after = ''] = ids;
    const { before: first, after: second, cells, ...rest } = await design().snapshots.diff({ before, after });
    expect([first.id, second.id]).toEqual(ids);
    expect(cells.map(({ change, before: b, after: a }) => [change, b?.id, a?.id])).toEqual([
      ['same', 'c0', 'c0'],
      ['edited', 'c1', 'c1'],
      ['removed', 'last0', undefined],
      ['added', undefined, 'last1'],
    ]);
    expect(rest).toEqual({
      counts: { same: 1, edited: 1, outputs: 0, moved: 0, added: 1, removed: 1 },
      packages: [
        { name: 'numpy', before: '2.3.1', after: '2.4.0' },
        { name: 'only-in-one', before: '1', after: null },
      ],
      machine: [{ name: 'Python', before: 'CPython 3.13.5', after: 'CPython 3.13.6' }],
      variables: [{ name: 'TZ', before: 'UTC', after: 'CET' }],
      git: [
        { name: 'commit', before: 'a'.repeat(40), after: 'b'.repeat(40) },
        { name: 'uncommitted changes', before: 'no', after: 'yes' },
      ],
      files: [{ name: '/data/x.csv', before: '5 bytes', after: '6 bytes', beforeDigest: sha256('0'), afterDigest: sha256('1') }],
      data: [{ name: 'dataset flights', before: '1', after: '2' }],
      seeds: [{ name: 'numpy', before: '1', after: '2' }],
      params: [{ name: 'lr', before: '0.1', after: '0.2' }],
      metrics: [{ name: 'loss', before: '1', after: '0.5' }],
    });
    const itself = await design().snapshots.diff({ before, after: before });
    expect(itself.counts).toEqual({ same: 3, edited: 0, outputs: 0, moved: 0, added: 0, removed: 0 });
  });

  test('of which one has only the kernel half, or is not there', async () => {
    const id = await putNotebook(notebookOf([{ id: 'c', source: 'x' }]));
    const bare = snapshotOf();
    await design().snapshots.put(bare);
    expect((await design().snapshots.diff({ before: bare.id, after: id })).counts).toMatchObject({ added: 1, removed: 0 });
    expect(await refusal(design().snapshots.diff({ before: id, after: randomUUID() }))).toEqual(['NOT_FOUND', 'after']);
  });
});
