import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { blobsOnDisk } from '../core/blobsOnDisk.ts';
import { blobReferences } from '../main.ts';
import { testServer } from '../testing/index.ts';
import { RESTED, sweepParts } from './sweepParts.ts';
import { kernelOf, notebookOf, partOf, snapshotOf, stream } from './testNotebook.ts';

const server = testServer();
const design = () => server().client.design;
const large = (word: string) => stream(`${word} ${randomUUID()} ${'x'.repeat(100_000)}`);

/** As if so much time had passed since everything was put. */
async function age(ms: number) {
  await server().database.sql`update parts set put_at = put_at - ${`${ms} milliseconds`}::interval`;
}

async function sweep(rested?: number) {
  const { sql } = server().services;
  const blobs = await blobsOnDisk(join(server().home, 'blobs'));
  return sweepParts({ sql, now: () => Date.now() + 3_600_000 }, blobs, blobReferences(sql), rested);
}

const missing = async (digests: string[]) => {
  const rows = await server().database.sql<{ digest: string }[]>`select encode(digest, 'hex') as digest from parts`;
  const there = new Set(rows.map(({ digest }) => digest));
  return digests.filter((digest) => !there.has(digest));
};

test('what a snapshot, an execution, a diff or a checkpoint names stays; the rest goes when it has rested', async () => {
  const sessionId = randomUUID();
  const { document, parts } = notebookOf([{ id: 'c', source: randomUUID(), outputs: [large('of the notebook')] }]);
  const diff = partOf('diff', `diff ${randomUUID()}`);
  const ofExecution = partOf('output', large('of the execution'));
  const variable = partOf('variable', `variable ${randomUUID()}`);
  const nobodys = [partOf('output', large('of nobody')), partOf('cell', { metadata: {}, source: randomUUID(), type: 'raw' })];
  await design().parts.put({ parts: [...parts, diff, ofExecution, variable, ...nobodys] });
  const git = { commit: '', branch: '', dirty: true, remote: '', diff: diff.digest };
  const execution = {
    id: randomUUID(),
    sessionId,
    cellId: 'c',
    order: 0,
    executionCount: 1,
    source: 'x',
    startedAt: 1,
    durationMs: 1,
    status: 'ok',
  };
  await server().client.tracking.ingest({
    writer: randomUUID(),
    seq: 1,
    records: [
      { type: 'session.start', session: { id: sessionId, kind: 'console', notebookPath: null, startedAt: 1 } },
      { type: 'execution', execution: { ...execution, outputs: [ofExecution.digest] } },
      { type: 'snapshot', snapshot: snapshotOf({ document, kernel: kernelOf(sessionId, { git }) }) },
    ],
  });
  const kept = { name: 'v', type: 'bytes', how: 'pickle' as const, parts: [variable.digest], size: 1 };
  await design().checkpoints.put({ id: randomUUID(), sessionId, takenAt: 1, python: '3.13', variables: [kept] });

  expect(await sweep()).toEqual({ parts: 0, blobs: 0 });
  await age(RESTED + 2 * 3_600_000);
  expect(await sweep()).toEqual({ parts: 2, blobs: 1 });
  const named = [...parts, diff, ofExecution, variable].map(({ digest }) => digest);
  expect(await missing(named)).toEqual([]);
  expect((await server().fetch(`parts/${ofExecution.digest}`)).status).toBe(200);
  expect(await missing(nobodys.map(({ digest }) => digest))).toEqual(nobodys.map(({ digest }) => digest));
});

test('a deleted snapshot gives free what no other one has', async () => {
  const [shared, own] = [
    { id: 's', source: `shared ${randomUUID()}` },
    { id: 'o', source: `own ${randomUUID()}`, outputs: [large('own')] },
  ];
  const first = notebookOf([shared, own]);
  await design().parts.put({ parts: first.parts });
  const snapshot = snapshotOf({ document: first.document });
  await design().snapshots.put(snapshot);
  await design().snapshots.put(snapshotOf({ document: notebookOf([shared]).document }));
  await design().snapshots.delete({ id: snapshot.id });
  await age(RESTED + 2 * 3_600_000);
  expect(await sweep()).toEqual({ parts: 2, blobs: 1 });
  expect(await missing(first.parts.map(({ digest }) => digest))).toEqual(first.parts.slice(1).map(({ digest }) => digest));
});

test('a part that is named, put or asked for again stays for another week', async () => {
  const parts = [0, 1, 2].map(() => partOf('cell', { metadata: {}, source: randomUUID(), type: 'code' }));
  const digests = parts.map(({ digest }) => digest);
  await design().parts.put({ parts });
  await age(RESTED + 2 * 3_600_000);
  await design().parts.missing({ digests: digests.slice(0, 1) });
  await design().parts.put({ parts: parts.slice(1, 2) });
  await sweep();
  expect(await missing(digests)).toEqual(digests.slice(2));
});

test('the bytes of a part that another workspace has as well stay', async () => {
  const part = partOf('output', large('of both'));
  await design().parts.put({ parts: [part] });
  const { sql } = server().database;
  const other = randomUUID();
  await sql`insert into workspaces (id, name, created_at) values (${other}, ${`w ${other}`}, now())`;
  await age(RESTED + 2 * 3_600_000);
  await sql`insert into parts select ${other}, digest, kind, size, body, now() from parts where digest = decode(${part.digest}, 'hex')`;
  expect(await sweep()).toMatchObject({ blobs: 0 });
  const rows = await sql`select workspace_id from parts where digest = decode(${part.digest}, 'hex')`;
  expect(rows.map((row) => row.workspace_id)).toEqual([other]);
});

test('a part that is named while the sweep is under way stays', async () => {
  const part = partOf('cell', { metadata: {}, source: randomUUID(), type: 'code' });
  await design().parts.put({ parts: [part] });
  await age(RESTED + 2 * 3_600_000);
  const { sql } = server().database;
  let sweeping: Promise<unknown> = Promise.resolve();
  await sql.begin(async (tx) => {
    await tx`update parts set put_at = now() + interval '1 hour' where digest = decode(${part.digest}, 'hex')`;
    sweeping = sweep();
    // It has listed the part, and waits to remove it.
    const waiting = () =>
      sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%delete from parts%'`;
    await expect.poll(async () => (await waiting()).length, { timeout: 10_000 }).toBe(1);
  });
  await sweeping;
  expect(await missing([part.digest])).toEqual([]);
});
