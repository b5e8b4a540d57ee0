import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';
import { refusal } from '../testing/refusal.ts';
import { digestOfEnvironment } from './environments.ts';
import { testDesign } from './testDesign.ts';
import { environmentOf, kernelOf, notebookOf, partOf, sha256, snapshotOf, stream } from './testNotebook.ts';

const server = testServer();
const { design, newKernel, newRun, newRunId, putNotebook } = testDesign(server);

describe('a kernel records', () => {
  test('parts, environment and snapshot, which stand together afterwards', async () => {
    const kernel = newKernel();
    await kernel.start('work/a.ipynb');
    const { document, parts } = notebookOf([{ id: 'c1', source: 'print(1)', outputs: [stream('1\n')] }], { takenFrom: 'disk' });
    const environment = environmentOf();
    const run = newRunId();
    const snapshot = snapshotOf({
      reason: 'start',
      runIds: [run],
      document,
      kernel: kernelOf(kernel.sessionId, { lastOrder: 0, environment: digestOfEnvironment(environment) }),
    });
    const answer = await kernel.send(
      ...parts.map((part) => ({ type: 'part', part })),
      { type: 'environment', digest: digestOfEnvironment(environment), environment },
      { type: 'run.create', run: { id: run, name: 'first', experimentName: 'snapshots' } },
      { type: 'snapshot', snapshot },
    );
    expect(answer.rejected).toEqual([]);
    const stored = await design().snapshots.get({ id: snapshot.id });
    expect(stored).toMatchObject({
      reason: 'start',
      notebookPath: 'work/a.ipynb',
      sessionId: kernel.sessionId,
      lastOrder: 0,
      runs: [{ id: run, name: 'first', reason: 'start' }],
      runCount: 1,
      cellCount: 1,
      changed: null,
    });
    expect(stored.document).toEqual(document);
    expect(stored.kernel).toEqual(snapshot.kernel);
    expect(await design().environments.get({ digest: digestOfEnvironment(environment) })).toEqual(environment);
    expect(await design().snapshots.list({ runId: run })).toMatchObject({ snapshots: [{ id: snapshot.id }], nextCursor: null });
    expect(await design().snapshots.list({ sessionId: kernel.sessionId })).toMatchObject({ snapshots: [{ id: snapshot.id }] });
  });

  test('a snapshot that names what never came, which is kept with a warning', async () => {
    const kernel = newKernel();
    await kernel.start();
    const { document, parts } = notebookOf([
      { id: 'c1', source: 'x' },
      { id: 'c2', source: `lost ${randomUUID()}` },
    ]);
    const snapshot = snapshotOf({ document, kernel: kernelOf(randomUUID(), { environment: 'e'.repeat(64) }) });
    const answer = await kernel.send({ type: 'part', part: parts[0] }, { type: 'snapshot', snapshot });
    expect(answer).toMatchObject({ accepted: 2, rejected: [] });
    const stored = await design().snapshots.get({ id: snapshot.id });
    expect(stored.document?.warnings).toEqual([`document.cells: part ${parts[1]?.digest} is not there`]);
    expect(stored.kernel?.warnings).toEqual([
      `kernel.environment: environment ${'e'.repeat(64)} is not there`,
      `kernel.sessionId: session ${snapshot.kernel?.sessionId} is not there`,
    ]);
    expect((await design().snapshots.cells({ id: snapshot.id })).cells).toMatchObject([{ source: 'x' }, { source: '', isMissing: true }]);
  });

  test('a part that is not what it says, which alone is left out', async () => {
    const kernel = newKernel();
    const good = partOf('output', stream(`good ${randomUUID()}`));
    const answer = await kernel.send(
      { type: 'part', part: { ...good, digest: sha256('other') } },
      { type: 'part', part: partOf('output', '{"output_type":"stream"}') },
      { type: 'part', part: partOf('cell', 'no JSON') },
      { type: 'part', part: good },
    );
    expect(answer.rejected.map(({ index, issues }) => [index, issues[0]?.field])).toEqual([
      [0, 'part.body'],
      [1, 'part.body'],
      [2, 'part.body'],
    ]);
    expect(await design().parts.missing({ digests: [good.digest, sha256('other')] })).toEqual({ missing: [sha256('other')] });
  });

  test('an output that is larger than a row, as a blob', async () => {
    const kernel = newKernel();
    const large = partOf('output', stream(`${randomUUID()}${'x'.repeat(100_000)}`));
    await kernel.send({ type: 'part', part: large });
    const rows = await server().database.sql`select body, size::int from parts where digest = decode(${large.digest}, 'hex')`;
    expect(rows).toEqual([{ body: null, size: large.body.length }]);
    expect(await (await server().fetch(`parts/${large.digest}`)).text()).toBe(large.body);
  });

  test('texts with U+0000 and halves of surrogate pairs as their escapes', async () => {
    const source = 'print("\u0000\ud800")';
    const id = await putNotebook(notebookOf([{ id: 'c', source, metadata: { note: '\u0000' } }], { metadata: { title: 'a\u0000b' } }));
    expect((await design().snapshots.cells({ id })).cells[0]?.source).toBe(source);
    expect((await design().snapshots.get({ id })).document?.metadata).toEqual({ title: 'a\u0000b' });
  });
});

describe('the two halves of a snapshot', () => {
  const halves = async () => {
    const kernel = newKernel();
    await kernel.start('work/halves.ipynb');
    const notebook = notebookOf([{ id: 'c1', source: `halves ${randomUUID()}` }]);
    await design().parts.put({ parts: notebook.parts });
    const { id, takenAt } = snapshotOf();
    return {
      id,
      document: { id, takenAt, reason: 'start' as const, document: notebook.document },
      kernel: { id, takenAt, reason: 'start' as const, kernel: kernelOf(kernel.sessionId, { folder: '/work' }) },
    };
  };

  test.each([
    ['document', 'kernel'],
    ['kernel', 'document'],
  ] as const)('are joined, %s first, and neither erases the other', async (first, second) => {
    const given = await halves();
    await design().snapshots.put(given[first]);
    await design().snapshots.put(given[second]);
    await design().snapshots.put(given[first]);
    const stored = await design().snapshots.get({ id: given.id });
    expect(stored).toMatchObject({ hasDocument: true, hasKernel: true, notebookPath: 'work/halves.ipynb' });
    expect([stored.document, stored.kernel]).toEqual([given.document.document, given.kernel.kernel]);
    const { events } = await server().client.governance.events({ subject: `snapshot:${given.id}` });
    expect(events.map(({ what }) => what).sort()).toEqual(['snapshot.completed', 'snapshot.taken']);
  });

  test('are joined when they come at the same moment, several times each', async () => {
    const given = await halves();
    const sent = [given.document, given.kernel, given.document, given.kernel, given.document, given.kernel];
    await Promise.all(sent.map((half) => design().snapshots.put(half)));
    const stored = await design().snapshots.get({ id: given.id });
    expect([stored.document, stored.kernel]).toEqual([given.document.document, given.kernel.kernel]);
  });

  test('a document of the editor takes the place of one from disk, and no other the place of any', async () => {
    const { id } = snapshotOf();
    const versions = [
      ['first from disk', 'disk'],
      ['second from disk', 'disk'],
      ['first of the editor', 'editor'],
      ['second of the editor', 'editor'],
      ['third from disk', 'disk'],
    ] as const;
    const seen: (string | undefined)[] = [];
    for (const [source, takenFrom] of versions) {
      await putNotebook(notebookOf([{ id: 'c', source }], { takenFrom }), { id, takenAt: 1 });
      seen.push((await design().snapshots.cells({ id })).cells[0]?.source);
    }
    expect(seen).toEqual(['first from disk', 'first from disk', ...Array(3).fill('first of the editor')]);
  });

  test('a kernel record that is there stays as it is', async () => {
    const { kernel, id } = await halves();
    await design().snapshots.put(kernel);
    await design().snapshots.put({ ...kernel, kernel: { ...kernel.kernel, folder: '/forged' } });
    expect((await design().snapshots.get({ id })).kernel?.folder).toBe('/work');
  });

  test('runs are added, also before the server knows them', async () => {
    const { id, document } = await halves();
    const [known, unknown] = [await newRun(), newRunId()];
    await design().snapshots.put({ ...document, runIds: [unknown] });
    expect(await design().snapshots.get({ id })).toMatchObject({ runs: [], runCount: 0 });
    await design().snapshots.put({ id, takenAt: 1, reason: 'end', runIds: [known, unknown] });
    await server().client.tracking.runs.create({ id: unknown, name: 'late', experimentName: 'snapshots' });
    const { runs, runCount, reason } = await design().snapshots.get({ id });
    expect(runs.map((one) => [one.id === known, one.reason])).toEqual(
      expect.arrayContaining([
        [true, 'end'],
        [false, 'start'],
        [false, 'end'],
      ]),
    );
    expect([runCount, reason]).toEqual([2, 'start']);
  });
});

describe('somebody else', () => {
  const other = async () => server().clientOf(await server().tokenOf('editor'));
  const theirs = async () => {
    const kernel = newKernel();
    await kernel.start(`work/${randomUUID()}.ipynb`);
    return { sessionId: kernel.sessionId, run: await newRun() };
  };

  test('attaches nothing to a session or to runs that are not his', async () => {
    const { sessionId, run } = await theirs();
    const { snapshots } = (await other()).design;
    const atSession = snapshotOf({ kernel: kernelOf(sessionId) });
    expect(await refusal(snapshots.put(atSession))).toEqual(['FORBIDDEN', 'kernel.sessionId']);
    const atRun = snapshotOf({ reason: 'end', runIds: [newRunId(), run] });
    expect(await refusal(snapshots.put(atRun))).toEqual(['FORBIDDEN', 'runIds']);
    for (const { id } of [atSession, atRun]) expect(await refusal(design().snapshots.get({ id }))).toEqual(['NOT_FOUND', 'id']);
    expect((await design().snapshots.list({ runId: run })).snapshots).toEqual([]);
  });

  test('has what his spool brings kept by itself, with a warning', async () => {
    const { sessionId, run } = await theirs();
    const { tracking } = await other();
    const { document, parts } = notebookOf([{ id: 'c1', source: `forged ${randomUUID()}` }]);
    const own = newRunId();
    const snapshot = snapshotOf({ reason: 'end', runIds: [run, own], document, kernel: kernelOf(sessionId, { lastOrder: 0 }) });
    const records = [
      ...parts.map((part) => ({ type: 'part', part })),
      { type: 'snapshot', snapshot },
      { type: 'run.create', run: { id: own, name: 'own', experimentName: 'snapshots' } },
    ];
    expect(await tracking.ingest({ writer: randomUUID(), seq: 1, records })).toMatchObject({ rejected: [] });
    const stored = await design().snapshots.get({ id: snapshot.id });
    expect(stored).toMatchObject({ sessionId: null, notebookId: null, runs: [{ id: own }], runCount: 1 });
    expect(stored.kernel?.warnings).toEqual([`kernel.sessionId: session ${sessionId} belongs to somebody else`]);
    expect(stored.document?.warnings).toEqual([`runIds: run ${run} was logged by somebody else`]);
    expect((await design().snapshots.list({ runId: run })).snapshots).toEqual([]);
    expect((await design().snapshots.list({ sessionId })).snapshots).toEqual([]);
  });

  test('has named a run before its owner logged it, which counts for nothing', async () => {
    const run = newRunId();
    const forged = snapshotOf({ reason: 'end', runIds: [run] });
    await (await other()).design.snapshots.put(forged);
    await server().client.tracking.runs.create({ id: run, experimentName: 'snapshots' });
    expect((await design().snapshots.list({ runId: run })).snapshots).toEqual([]);
    expect((await design().snapshots.get({ id: forged.id })).runCount).toBe(0);
    expect((await design().verdicts.start({ runId: run, where: 'client' })).snapshotId).toBeNull();
  });

  test('neither completes nor replaces what was taken', async () => {
    const id = await putNotebook(notebookOf([{ id: 'c', source: 'mine' }], { takenFrom: 'disk' }));
    const forged = { id, takenAt: 1, reason: 'end' as const, document: notebookOf([]).document };
    expect(await refusal((await other()).design.snapshots.put(forged))).toEqual(['CONFLICT', 'id']);
    expect((await design().snapshots.cells({ id })).cells[0]?.source).toBe('mine');
  });
});

describe('what is refused changes nothing', () => {
  test('parts that are not there: some are named, and how to send them', async () => {
    const { document, parts } = notebookOf(Array.from({ length: 8 }, (_, i) => ({ id: `c${i}`, source: `absent ${i} ${randomUUID()}` })));
    const given = snapshotOf({ document });
    const error = await design()
      .snapshots.put(given)
      .catch((thrown: unknown) => thrown as { data: { issues: { reason: string; remedy: string }[] } });
    const [issue] = (error as { data: { issues: { reason: string; remedy: string }[] } }).data.issues;
    expect(issue?.reason).toMatch(/^8 parts \([0-9a-f]{64}, .*, …\) are not there$/);
    expect(issue?.remedy).toContain('/api/v1/parts/missing');
    expect(await refusal(design().snapshots.get({ id: given.id }))).toEqual(['NOT_FOUND', 'id']);
    expect((await design().parts.missing({ digests: parts.map(({ digest }) => digest) })).missing).toHaveLength(8);
  });

  test('one bad part of several', async () => {
    const good = partOf('cell', { metadata: {}, source: randomUUID(), type: 'code' });
    expect(await refusal(design().parts.put({ parts: [good, { ...good, digest: sha256('x') }] }))).toEqual([
      'BAD_REQUEST',
      'parts[1].body',
    ]);
    expect((await design().parts.missing({ digests: [good.digest] })).missing).toEqual([good.digest]);
  });

  test('half of a surrogate pair that is not escaped', async () => {
    const body = '{"metadata":{},"source":"\ud800","type":"code"}';
    const sent = fetch(`${server().url}/api/v1/parts`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server().token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ parts: [{ kind: 'cell', body, digest: sha256(body) }] }),
    });
    expect((await sent).status).toBe(200); // its bytes hold U+FFFD, and that is what the digest names
  });

  test('an environment under another digest', async () => {
    const environment = environmentOf();
    expect(await refusal(design().environments.put({ digest: sha256('x'), environment }))).toEqual(['BAD_REQUEST', 'digest']);
    expect(await refusal(design().environments.get({ digest: sha256('x') }))).toEqual(['NOT_FOUND', 'digest']);
  });

  test('metadata that is nested deeper than a stack is high', async () => {
    const id = randomUUID();
    const document = `{"takenFrom":"editor","nbformat":[4,5],"cells":[],"metadata":{"x":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`;
    const body = `{"id":"${id}","reason":"manual","takenAt":1,"document":${document}}`;
    const answer = await server().fetch(`snapshots/${id}`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body });
    expect(answer.status).toBe(400);
    expect(await refusal(design().snapshots.get({ id }))).toEqual(['NOT_FOUND', 'id']);
  });

  test('a viewer reads, and writes nothing', async () => {
    const id = await putNotebook(notebookOf([{ id: 'c', source: 'seen' }]));
    const { design: viewer } = server().clientOf(await server().tokenOf('viewer'));
    expect((await viewer.snapshots.cells({ id })).cells[0]?.source).toBe('seen');
    const calls = [
      () => viewer.snapshots.put(snapshotOf()),
      () => viewer.snapshots.delete({ id }),
      () => viewer.parts.put({ parts: [] }),
      () => viewer.environments.put({ digest: sha256('x'), environment: environmentOf() }),
    ];
    for (const call of calls) expect((await refusal(call()))[0]).toBe('FORBIDDEN');
  });
});

describe('another workspace', () => {
  test('neither sees nor names what is stored here', async () => {
    const notebook = notebookOf([{ id: 'c', source: `mine ${randomUUID()}` }]);
    const id = await putNotebook(notebook);
    const { sql } = server().database;
    const other = randomUUID();
    await sql`insert into workspaces (id, name, created_at) values (${other}, ${`w ${other}`}, now())`;
    await sql`update snapshots set workspace_id = ${other} where id = ${id}`;
    await sql`update parts set workspace_id = ${other} where digest = decode(${notebook.document.cells[0]?.cell ?? ''}, 'hex')`;
    expect(await refusal(design().snapshots.get({ id }))).toEqual(['NOT_FOUND', 'id']);
    expect(await refusal(design().snapshots.cells({ id }))).toEqual(['NOT_FOUND', 'id']);
    expect(await refusal(design().snapshots.put(snapshotOf({ id })))).toEqual(['CONFLICT', 'id']);
    expect(await design().snapshots.delete({ id })).toEqual({ deleted: false });
    expect((await refusal(design().snapshots.put(snapshotOf({ document: notebook.document }))))[0]).toBe('BAD_REQUEST');
    expect((await server().fetch(`parts/${notebook.document.cells[0]?.cell}`)).status).toBe(404);
    expect((await server().fetch(`snapshots/${id}/notebook`)).status).toBe(404);
  });
});

describe('deleting', () => {
  test('is done once, is logged, and can be asked for again', async () => {
    const id = await putNotebook(notebookOf([{ id: 'c', source: 'gone' }]));
    expect(await design().snapshots.delete({ id })).toEqual({ deleted: true });
    expect(await design().snapshots.delete({ id })).toEqual({ deleted: false });
    const { events } = await server().client.governance.events({ subject: `snapshot:${id}` });
    expect(events.map(({ what }) => what)).toContain('snapshot.deleted');
  });

  test('is for who took it, and for an owner', async () => {
    const id = await putNotebook(notebookOf([{ id: 'c', source: 'of the owner' }]));
    const editor = server().clientOf(await server().tokenOf('editor'));
    expect(await refusal(editor.design.snapshots.delete({ id }))).toEqual(['FORBIDDEN', 'id']);
    const own = snapshotOf();
    await editor.design.snapshots.put(own);
    expect(await design().snapshots.delete({ id: own.id })).toEqual({ deleted: true });
    expect(await design().snapshots.delete({ id })).toEqual({ deleted: true });
  });

  test('is refused while a checkpoint or a verification needs it', async () => {
    const kernel = newKernel();
    await kernel.start();
    const run = await newRun();
    const { id } = snapshotOf();
    await putNotebook(notebookOf([{ id: 'c', source: 'needed' }]), { id, kernel: kernelOf(kernel.sessionId) });
    const checkpoint = { id: randomUUID(), sessionId: kernel.sessionId, snapshotId: id, takenAt: 1, python: '3.13', variables: [] };
    await design().checkpoints.put(checkpoint);
    expect(await refusal(design().snapshots.delete({ id }))).toEqual(['CONFLICT', 'id']);
    await design().checkpoints.delete({ id: checkpoint.id });
    const { sql } = server().database;
    await sql`
      insert into verdicts (id, workspace_id, user_id, run_id, snapshot_id, status, "where", options, progress, asked_at)
      select ${randomUUID()}, workspace_id, user_id, ${run}, id, 'failed', 'client', '{}', '{}', now() from snapshots where id = ${id}`;
    expect(await refusal(design().snapshots.delete({ id }))).toEqual(['CONFLICT', 'id']);
    await sql`delete from verdicts where snapshot_id = ${id}`;
    expect(await design().snapshots.delete({ id })).toEqual({ deleted: true });
  });

  test('is refused while a run needs it, and done when the run is deleted', async () => {
    const run = await newRun();
    const id = await putNotebook(notebookOf([{ id: 'c', source: 'kept' }]), { runIds: [run] });
    expect(await refusal(design().snapshots.delete({ id }))).toEqual(['CONFLICT', 'id']);
    await server().client.tracking.runs.delete({ ids: [run] });
    expect(await design().snapshots.delete({ id })).toEqual({ deleted: true });
  });
});
