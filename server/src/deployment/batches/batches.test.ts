import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Batch } from '@cellkeep/schema/deployment';
import { parquetReadObjects } from 'hyparquet';
import { beforeAll, describe, expect, test } from 'vitest';
import { blobFolder, blobsOnDisk } from '../../core/blobsOnDisk.ts';
import type { FindReferences } from '../../core/collectBlobs.ts';
import { blobReferences } from '../../main.ts';
import { testServer } from '../../testing/index.ts';
import { refusal } from '../../testing/refusal.ts';
import { ModelFailure } from '../host/model.ts';
import type { ScoredRows, WithScorer } from '../scorer/scorer.ts';
import { type ModelName, registerModel, rowsOfModel, storeModel } from '../testModels.ts';
import { testScorer } from '../testScorer.ts';
import { batchReferences } from './batches.ts';
import { createBatchWorker } from './batchWorker.ts';
import { sweepBatches } from './sweepBatches.ts';

const models = new Map<string, ModelName>();
/** What stands between the batch and the model: refuses, waits, counts. */
let intervene: (rows: ScoredRows) => Promise<void> = async () => {};
const asked = testScorer(models);
const withScorer: WithScorer = (id, use) =>
  asked(id, (scorer) =>
    use({
      ...scorer,
      async predict(rows, signal) {
        await intervene(rows);
        return scorer.predict(rows, signal);
      },
    }),
  );
const server = testServer({ env: { CELLKEEP_VERIFY: 'off' }, askModel: withScorer });
const batches = () => server().client.deployment.batches;
const rows = rowsOfModel('carriers');
const fixture = (name: string) => readFileSync(fileURLToPath(new URL(`../../../../test/fixtures/batches/${name}`, import.meta.url)));
let runId = '';
let files = 0;

beforeAll(async () => {
  const loggedModelId = await storeModel(server(), 'carriers');
  models.set(loggedModelId, 'carriers');
  await registerModel(server(), 'late', loggedModelId);
  runId = (await server().client.tracking.runs.create({ name: 'rows' })).id;
}, 60_000);

async function eventually<T>(look: () => Promise<T | null | undefined | false>): Promise<T> {
  for (let tries = 0; tries < 400; tries++) {
    const found = await look();
    if (found) return found;
    await sleep(25);
  }
  throw new Error('it did not come true within ten seconds');
}
const until = (id: string, ...statuses: Batch['status'][]) =>
  eventually(async () => {
    const batch = await batches().get({ id });
    return statuses.includes(batch.status) && batch;
  });

async function start(name: string, content: string | Uint8Array): Promise<Batch> {
  const path = `${++files}/${name}`;
  const answer = await server().fetch(`runs/${runId}/artifacts/files/${path.split('/').map(encodeURIComponent).join('/')}`, {
    method: 'PUT',
    body: content as BodyInit,
  });
  if (!answer.ok) throw new Error(await answer.text());
  return batches().start({ modelName: 'late', version: 1, input: { kind: 'artifact', runId, path } });
}
const score = async (name: string, content: string | Uint8Array): Promise<Batch> =>
  until((await start(name, content)).id, 'done', 'failed');

async function written({ id }: Batch): Promise<Record<string, unknown>[]> {
  const answer = await server().fetch(`batches/${id}/output`);
  expect(answer.headers.get('content-type')).toBe('application/vnd.apache.parquet');
  return (await parquetReadObjects({ file: await answer.arrayBuffer() })).map((row) => ({ ...row, row: Number(row.row) }));
}
const csvOf = (data: unknown[][]) =>
  `${rows.columns.join(',')}\n${data.map((row) => row.map((cell) => cell ?? '').join(',')).join('\n')}\n`;

test.each<[string, () => string | Uint8Array]>([
  ['rows.csv', () => csvOf(rows.data)],
  ['of pyarrow.parquet', () => fixture('zstd.parquet')],
  ['of pyarrow.arrow', () => fixture('plain.arrow')],
])('%s has for each row what the model answers', async (name, content) => {
  const batch = await score(name, content());
  expect(batch).toMatchObject({ status: 'done', error: null, rowsDone: rows.data.length, rowsFailed: 0, rowsTotal: rows.data.length });
  const { columns, data } = await asked([...models.keys()][0] as string, (scorer) => scorer.predict(rows));
  const expected = data.map((row, i) => ({ row: i, ...Object.fromEntries(columns.map((key, c) => [key, row[c]])), error: null }));
  const found = await written(batch);
  expect(Object.keys(found[0] ?? {})).toEqual(['row', ...columns, 'error']);
  expected.forEach((row, i) => {
    for (const [key, value] of Object.entries(row)) {
      if (typeof value === 'number') expect(found[i]?.[key]).toBeCloseTo(value, 6);
      else expect(found[i]?.[key] ?? null).toBe(value);
    }
  });
});

describe('a row that has no answer says why beside it, and the others have theirs', () => {
  test('where it does not fit the signature', async () => {
    const [good] = csvOf([rows.data[0] as unknown[]])
      .split('\n')
      .slice(1);
    const content = `${rows.columns.join(',')}\n${good}\nAA,far,1\n,100,1\nAA,100\n${good}\n`;
    const batch = await score('rows.csv', content);
    expect(batch).toMatchObject({ status: 'done', rowsDone: 5, rowsFailed: 3 });
    const found = await written(batch);
    expect(found.map(({ error }) => error ?? null)).toEqual([
      null,
      expect.stringContaining('distance is "far"'),
      expect.stringContaining('carrier is'),
      expect.stringContaining('2 cells for 3 columns'),
      null,
    ]);
    expect(found.map(({ label }) => typeof label === 'string')).toEqual([true, false, false, false, true]);
  });

  test.each([
    ['rows.csv', `${rows.columns.join(',')}\nAA,100,1e400\nAA,100,inf\nAA,100,1\n`, 'delay is "1e400"', null],
    [
      'rows.jsonl',
      [1e30, '1e400', 1].map((x) => `{"carrier":"AA","distance":100,"delay":${x}}`).join('\n'),
      null,
      'delay is a number beyond',
    ],
  ])('of %s: 1e400 is no infinity that was meant', async (name, content, first, second) => {
    const batch = await score(name, content);
    const said = (text: string | null) => (text === null ? null : expect.stringContaining(text));
    expect((await written(batch)).map(({ error }) => error ?? null)).toEqual([said(first), said(second), null]);
  });

  test('where the model refuses it', async () => {
    intervene = async ({ data }) => {
      if (data.some((row) => row[1] === 666)) throw new ModelFailure('666 is no distance');
    };
    const data = Array.from({ length: 9 }, (_, i) => ['AA', i === 5 ? 666 : 100 + i, 1]);
    const batch = await score('rows.csv', csvOf(data));
    intervene = async () => {};
    expect(batch).toMatchObject({ status: 'done', rowsFailed: 1 });
    const found = await written(batch);
    expect(found.flatMap(({ row, error }) => (error ? [[row, error]] : []))).toEqual([[5, '666 is no distance']]);
  });

  test('a file in which every row is wrong ends with that said of each', async () => {
    const batch = await score('rows.jsonl', 'null\n[1]\n{"carrier":"AA"}\n{"carrier":');
    expect(batch).toMatchObject({ status: 'done', rowsDone: 4, rowsFailed: 4 });
    expect((await written(batch)).every(({ error, label }) => error && !label)).toBe(true);
  });
});

test.each<[string, string, string | Uint8Array, string]>([
  ['lacks a column', 'rows.csv', 'carrier,delay\nAA,1\n', 'no column "distance"'],
  ['is cut off', 'rows.parquet', fixture('gzip.parquet').subarray(0, 600), 'cannot be read'],
])('a file that %s fails, and nothing is written', async (_, name, content, reason) => {
  const batch = await score(name, content);
  expect(batch).toMatchObject({ status: 'failed', output: null });
  expect(batch.error).toContain(reason);
  expect((await server().fetch(`batches/${batch.id}/output`)).status).toBe(404);
});

test('a model that refuses every row is not asked for one after the other', async () => {
  let calls = 0;
  intervene = async () => {
    calls += 1;
    throw new ModelFailure('the model is broken');
  };
  const batch = await score('rows.csv', csvOf(Array.from({ length: 4_000 }, () => ['AA', 100, 1])));
  intervene = async () => {};
  expect(batch).toMatchObject({ status: 'failed', error: 'the model is broken' });
  expect(calls).toBeLessThan(200);
});

test('a file of many rows goes through in pieces, read and written while it goes', async () => {
  const most = { asked: 0, calls: 0 };
  const progress: number[] = [];
  intervene = async ({ data }) => {
    most.asked = Math.max(most.asked, data.length);
    most.calls += 1;
    const { batches: found } = await batches().list({ limit: 1 });
    progress.push(found[0]?.rowsDone ?? 0);
  };
  const count = 70_000;
  const lines = Array.from({ length: count }, (_, i) => `AA,${100 + (i % 2_000)},${i % 60}`);
  const batch = await score('many.csv', `carrier,distance,delay\n${lines.join('\n')}`);
  intervene = async () => {};
  expect(batch).toMatchObject({ status: 'done', rowsDone: count, rowsFailed: 0 });
  expect(most.asked).toBeLessThanOrEqual(4_096);
  expect(most.calls).toBeGreaterThanOrEqual(count / 4_096);
  expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  const found = await written(batch);
  expect([found.length, found[0]?.row, found.at(-1)?.row]).toEqual([count, 0, count - 1]);
}, 60_000);

describe('a batch that is', () => {
  const hold = () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    intervene = () => held;
    return release;
  };

  test('cancelled writes nothing', async () => {
    const release = hold();
    const { id } = await start('rows.csv', csvOf(rows.data));
    await until(id, 'running');
    expect((await batches().cancel({ id })).status).toBe('cancelled');
    release();
    intervene = async () => {};
    expect(await batches().get({ id })).toMatchObject({ status: 'cancelled', output: null });
    await score('rows.csv', csvOf(rows.data)); // its place is free again
  });

  test('under way when its server dies begins anew, twice at most', async () => {
    const { sql } = server().services;
    const { id } = await start('rows.csv', csvOf(rows.data));
    await until(id, 'done');
    const worker = createBatchWorker(server().services, withScorer);
    const statuses: string[] = [];
    for (let crash = 0; crash < 3; crash++) {
      await sql`update batches set status = 'running', output = null, heartbeat_at = ${new Date(Date.now() - 61_000)} where id = ${id}`;
      worker.start('', false);
      statuses.push((await until(id, 'done', 'lost')).status);
    }
    await worker.stop();
    expect(statuses).toEqual(['done', 'done', 'lost']);
  });

  test('under way when its server stops waits for the next', async () => {
    const release = hold();
    const worker = createBatchWorker(server().services, withScorer);
    const taken = [await start('a.csv', csvOf(rows.data)), await start('b.csv', csvOf(rows.data))]; // by the server's own worker
    for (const { id } of taken) await until(id, 'running');
    const { id } = await start('c.csv', csvOf(rows.data));
    worker.start('', false);
    await until(id, 'running');
    const stopped = worker.stop();
    release();
    await stopped;
    intervene = async () => {};
    for (const one of [...taken, { id }]) expect((await until(one.id, 'done')).output?.rows).toBe(rows.data.length);
  });
});

test('what batches read and write is kept from the collector', async () => {
  const { id, output } = await score('kept.csv', csvOf(rows.data));
  const { sql } = server().services;
  const [{ digest } = { digest: '' }] = await sql<{ digest: string }[]>`select input_digest as digest from batches where id = ${id}`;
  const found = [...(await batchReferences(sql)([digest, String(output?.digest), 'f'.repeat(64)]))];
  expect(found.sort()).toEqual([digest, String(output?.digest)].sort());
});

test('batches are listed newest first, and what one wrote may be the rows of the next', async () => {
  const first = await score('rows.csv', csvOf(rows.data));
  const input = { kind: 'blob', digest: String(first.output?.digest), name: 'answers.parquet' } as const;
  const { id } = await batches().start({ modelName: 'late', version: 1, input });
  expect((await until(id, 'failed')).error).toContain('no column');
  const page = await batches().list({ limit: 2, modelName: 'late' });
  expect(page.batches.map((batch) => batch.id)).toEqual([id, first.id]);
  expect((await batches().list({ modelName: 'none' })).batches).toEqual([]);
});

test('rows that no run holds are stored before, under a name that leads nowhere else', async () => {
  const store = (name: string, token?: string) =>
    server().fetch(`batches/rows?name=${encodeURIComponent(name)}`, {
      method: 'PUT',
      body: csvOf(rows.data),
      ...(token ? { headers: { authorization: `Bearer ${token}` } } : {}),
    });
  const answer = await store('späte <b>flüge.csv');
  expect(answer.status).toBe(201);
  const { digest, name } = (await answer.json()) as { digest: string; name: string };
  const { id } = await batches().start({ modelName: 'late', version: 1, input: { kind: 'blob', digest, name } });
  expect((await until(id, 'done')).output?.rows).toBe(rows.data.length);
  for (const bad of ['', '..', 'a/b.csv', 'a\\b.csv', 'a\u0000.csv', 'x'.repeat(201)]) expect((await store(bad)).status, bad).toBe(400);
  expect((await store('rows.csv', await server().tokenOf('viewer'))).status).toBe(403);
});

test('stored rows go after a day without a batch, and what a batch has read and written goes with it, long after its end', async () => {
  const { services } = server();
  const { sql } = services;
  const blobs = await blobsOnDisk(blobFolder(server().home, {}));
  const stored = { blobs, references: blobReferences(sql) };
  const put = async (content: string) => {
    const answer = await server().fetch('batches/rows?name=rows.csv', { method: 'PUT', body: content });
    return ((await answer.json()) as { digest: string }).digest;
  };
  const [good] = csvOf(rows.data.slice(0, 1)).split('\n').slice(1);
  const contentOf = (count: number) => `${rows.columns.join(',')}\n${`${good}\n`.repeat(count)}`;
  const [unused, used, again] = [await put(contentOf(31)), await put(contentOf(32)), await put(contentOf(33))];
  const age = (digest: string) => sql`update files set created_at = created_at - interval '25 hours' where digest = ${digest}`;
  const input = { kind: 'blob', digest: used, name: 'rows.csv' } as const;
  const { id } = await batches().start({ modelName: 'late', version: 1, input });
  const { output } = await until(id, 'done');
  for (const digest of [unused, used, again]) await age(digest);
  expect(await put(contentOf(33)), 'the same again waits a day again').toBe(again);
  const there = async () => {
    const stored = new Set<string>();
    for await (const digest of blobs.list()) stored.add(digest);
    return [unused, used, again, String(output?.digest)].map((digest) => stored.has(digest));
  };

  const inAnHour = Date.now() + 3_600_000;
  const nothing = { files: 0, batches: 0, blobs: 0 };
  expect(await sweepBatches(sql, stored, 5, { now: inAnHour, signal: AbortSignal.abort() })).toEqual(nothing);
  await sql.begin(async (tx) => {
    await tx`update files set created_at = clock_timestamp() where digest = any(${[unused, used]})`;
    expect(await sweepBatches(sql, stored, 5, { now: inAnHour }), 'those that are stored again just now').toEqual(nothing);
    await tx`update files set created_at = created_at - interval '25 hours' where digest = any(${[unused, used]})`;
  });
  expect(await sweepBatches(sql, stored, 5, { now: inAnHour })).toEqual({ files: 2, batches: 0, blobs: 1 });
  expect(await there()).toEqual([false, true, true, true]);
  const gone =
    await sql`select who, subject from events where what = 'file.deleted' and data ->> 'digest' = any(${[unused, used]}) order by seq`;
  const { user } = await server().client.access.me();
  expect(gone.map(({ who, subject }) => `${who} ${subject}`).sort()).toEqual(
    [unused, used].map((digest) => `${user.name} file:batches/${digest}/rows.csv`).sort(),
  );
  const twice = await batches().start({ modelName: 'late', version: 1, input });
  expect((await until(twice.id, 'done')).rowsDone).toBe(32);
  expect(await refusal(batches().start({ modelName: 'late', version: 1, input: { ...input, digest: unused } }))).toEqual([
    'NOT_FOUND',
    'input.digest',
  ]);

  await sql`update batches set ended_at = ended_at - interval '6 days' where id = any(${[id, twice.id]}::uuid[])`;
  // A server that stops in the midst of it removes what it has forgotten, and forgets no more.
  const left = await put(contentOf(34));
  await age(left);
  const stopping = new AbortController();
  const stops: FindReferences = async () => {
    stopping.abort();
    return [];
  };
  const midway = { blobs, references: [...stored.references, stops] };
  const { signal } = stopping;
  expect(await sweepBatches(sql, midway, 5, { now: inAnHour, signal })).toEqual({ files: 1, batches: 0, blobs: 1 });
  expect(await sweepBatches(sql, stored, 5, { now: inAnHour })).toMatchObject({ files: 0, batches: 2 });
  expect(await there()).toEqual([false, false, true, false]);
  expect(await refusal(batches().get({ id }))).toEqual(['NOT_FOUND', 'id']);
  const removed = await sql`select who from events where what = 'batch.removed' and subject = ${`batch:${id}`}`;
  expect(removed).toHaveLength(1);
});

describe('refused, and nothing is changed', () => {
  const ask = (more: object) =>
    refusal(batches().start({ modelName: 'late', version: 1, input: { kind: 'artifact', runId, path: '1/rows.csv' }, ...more } as never));

  test('a model, a version or a file that is not there, or whose content nothing of this workspace has', async () => {
    expect(await ask({ modelName: 'none' })).toEqual(['NOT_FOUND', 'modelName']);
    expect(await ask({ version: 9 })).toEqual(['NOT_FOUND', 'version']);
    expect(await ask({ input: { kind: 'artifact', runId, path: '../../etc/passwd' } })).toEqual(['NOT_FOUND', 'input.path']);
    expect(await ask({ input: { kind: 'blob', digest: 'f'.repeat(64), name: 'x.csv' } })).toEqual(['NOT_FOUND', 'input.digest']);
    expect(await refusal(batches().get({ id: randomUUID() }))).toEqual(['NOT_FOUND', 'id']);
  });

  test('what a viewer asks, and one id for two files', async () => {
    const viewer = server().clientOf(await server().tokenOf('viewer')).deployment.batches;
    const { id, input } = await score('rows.csv', csvOf(rows.data));
    expect(await refusal(viewer.start({ modelName: 'late', version: 1, input }))).toEqual(['FORBIDDEN', '']);
    expect((await batches().start({ id, modelName: 'late', version: 1, input })).status).toBe('done');
    expect(await ask({ id })).toEqual(['CONFLICT', 'id']);
    expect((await server().fetch('batches/none/output')).status).toBe(400);
  });
});
