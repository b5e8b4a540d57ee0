import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Verdict } from '@cellkeep/schema/design';
import { describe, expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';
import { TASKS, testVerifier } from './testVerifier.ts';
import { claimVerdict, requeueLost } from './verdictQueue.ts';
import { readVerifySettings } from './verifySettings.ts';
import { createVerifyWorker } from './verifyWorker.ts';

const HOUR = 3_600_000;
const python = testVerifier();
let clock = Date.UTC(2026, 0, 1);
const server = testServer({ now: () => clock, env: { CELLKEEP_VERIFY_PYTHON: python, CELLKEEP_VERIFY_AT_ONCE: '2' } });
const design = () => server().client.design;
const newRun = async () => (await server().client.tracking.runs.create({ name: 'forest' })).id;
const optionsOf = (task: keyof typeof TASKS) => ({ tolerances: { images: TASKS[task] } });
const ask = async (task: keyof typeof TASKS, runId?: string) =>
  design().verdicts.start({ runId: runId ?? (await newRun()), where: 'server', options: optionsOf(task) });

async function eventually<T>(look: () => Promise<T | null | undefined | false>): Promise<T> {
  for (let tries = 0; tries < 400; tries++) {
    const found = await look();
    if (found) return found;
    await sleep(25);
  }
  throw new Error('it did not come true within ten seconds');
}
const until = (id: string, ...statuses: Verdict['status'][]) =>
  eventually(async () => {
    const verdict = await design().verdicts.get({ id });
    return statuses.includes(verdict.status) && verdict;
  });
const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test('what is asked for is done by a child of the server, and the run has the verdict', async () => {
  const runId = await newRun();
  const { id, status, where } = await ask('reproduce', runId);
  expect([status, where]).toEqual(['queued', 'server']);
  const { findings, startedAt } = await until(id, 'reproduced');
  expect(findings?.executed).toBe(3);
  expect(startedAt).toBe(clock);
  expect((await server().client.tracking.runs.get({ id: runId })).verdict?.status).toBe('reproduced');
});

test('the child’s token stands neither on its command line nor in its environment, and is gone with it', async () => {
  process.env.SECRET_OF_THE_SERVER = 'hunter2';
  const { id } = await ask('tellAll');
  const { findings } = await until(id, 'drifted');
  delete process.env.SECRET_OF_THE_SERVER;
  const seen = JSON.parse(findings?.notes[0] ?? '{}') as { args: string[]; env: string[]; holdsToken: boolean; trust: string };
  expect(seen.holdsToken).toBe(false);
  expect(seen.env).not.toContain('SECRET_OF_THE_SERVER');
  expect(seen.args.slice(0, 3)).toEqual(['-m', 'cellkeep', 'verify']);
  expect(seen.trust).toBe((await server().client.access.me()).user.name);
  const lent = () => server().client.access.tokens.list();
  await eventually(async () => (await lent()).tokens.every(({ label }) => !label.startsWith('verification')));
});

test('a child that dies says nothing of the run: lost, with its last words', async () => {
  const runId = await newRun();
  const { id } = await ask('crash', runId);
  const { findings } = await until(id, 'lost');
  expect(findings?.error).toMatchObject({ name: 'VerifierEnded', message: 'out of memory' });
  expect((await server().client.tracking.runs.get({ id: runId })).verdict).toBeNull();
});

test('a child that cannot verify has said why: lost, which is no verdict of the run', async () => {
  const runId = await newRun();
  const { id } = await ask('cannot', runId);
  const { findings, progress } = await until(id, 'lost');
  const reason = 'it has not ended yet; verify it when it has';
  expect([findings?.error, findings?.notes, progress.text]).toEqual([null, [reason], reason]);
  expect((await server().client.tracking.runs.get({ id: runId })).verdict).toBeNull();
});

test('what cells have started ends with the verification', async () => {
  const { findings } = await until((await ask('leave')).id, 'reproduced');
  const left = Number(findings?.notes[0]);
  await eventually(async () => !isAlive(left));
});

test('a verification that cannot be begun is lost, and its token is taken back', async () => {
  const { services, home } = server();
  const settings = { python: 'no\0path', off: null, atOnce: 1, memory: 100, folder: join(home, 'unbegun') };
  const worker = createVerifyWorker(services, { setVerdict: async () => () => {} }, settings);
  const taken = [(await ask('hang')).id, (await ask('hang')).id]; // as many as the server's own worker does
  for (const id of taken) await until(id, 'running');
  const { id } = await ask('hang');
  worker.start('http://127.0.0.1:1', false);
  const { findings } = await until(id, 'lost');
  expect(findings?.error?.message).toContain('it could not be begun on the server');
  expect(await services.sql`select from tokens where label = ${`verification ${id}`}`).toHaveLength(0);
  expect(readdirSync(settings.folder)).toEqual([]);
  await worker.stop();
  for (const one of taken) await design().verdicts.cancel({ id: one });
});

test('a worker whose first look fails looks again', async () => {
  const { services, home } = server();
  let looks = 0;
  const sql = new Proxy(services.sql, {
    apply(target, self, given) {
      looks += 1;
      if (looks === 1) throw new Error('the database is away');
      return Reflect.apply(target as (...given: unknown[]) => unknown, self, given);
    },
  });
  const settings = { python, off: 'only looked at here', atOnce: 1, memory: 100, folder: join(home, 'unused') };
  const worker = createVerifyWorker({ ...services, sql }, { setVerdict: async () => () => {} }, settings);
  worker.start('http://127.0.0.1:1', false);
  await eventually(async () => {
    worker.wake();
    return looks > 1;
  });
  await worker.stop();
});

test('cancelling ends the whole process group', async () => {
  const { id } = await ask('hang');
  const kernel = Number(await eventually(async () => (await design().verdicts.get({ id })).progress.text || null));
  expect(isAlive(kernel)).toBe(true);
  await design().verdicts.cancel({ id });
  await eventually(async () => !isAlive(kernel));
  expect((await design().verdicts.get({ id })).status).toBe('cancelled');
});

test('as many are done at once as is set, the others wait in the order in which they were asked for', async () => {
  const asked: string[] = [];
  for (let n = 0; n < 3; n++) {
    clock += 1;
    asked.push((await ask('hang')).id);
  }
  await until(asked[1] as string, 'running');
  expect((await design().verdicts.get({ id: asked[2] as string })).status).toBe('queued');
  await design().verdicts.cancel({ id: asked[0] as string });
  await until(asked[2] as string, 'running');
  for (const id of asked) await design().verdicts.cancel({ id });
});

test('two servers never take the same one', async () => {
  const { sql } = server().services;
  const [me, at] = [await server().client.access.me(), new Date(0)];
  const runId = await newRun();
  const ids = Array.from({ length: 6 }, () => randomUUID());
  await sql.begin(async (tx) => {
    // Held by this transaction until all have asked: what is locked is passed over.
    for (const id of ids)
      await tx`insert into verdicts (id, workspace_id, user_id, run_id, status, "where", options, progress, asked_at)
        values (${id}, ${me.workspace.id}, ${me.user.id}, ${runId}, 'running', 'server', ${tx.json({ timeoutSeconds: 60, ...optionsOf('hang') })}, '{}', ${at})`;
  });
  await sql`update verdicts set status = 'queued' where id = any(${ids}::uuid[])`;
  const claimed = await Promise.all(ids.map(() => claimVerdict(sql, clock)));
  const got = claimed.flatMap((task) => (task ? [task.id] : []));
  expect(new Set(got).size).toBe(got.length);
  await sql`update verdicts set status = 'cancelled' where id = any(${ids}::uuid[])`;
});

describe('one whose server died', () => {
  const runs = { setVerdict: async () => () => {} };

  test('begins anew, twice at most, and then is lost', async () => {
    const { sql } = server().services;
    const me = await server().client.access.me();
    const [id, runId] = [randomUUID(), await newRun()];
    await sql`insert into verdicts (id, workspace_id, user_id, run_id, status, "where", options, progress, asked_at, heartbeat_at)
      values (${id}, ${me.workspace.id}, ${me.user.id}, ${runId}, 'running', 'server', ${sql.json({ timeoutSeconds: 60, ...optionsOf('hang') })},
        ${sql.json({ stage: 'execute', done: 1, total: 2, text: '' })}, ${new Date(0)}, ${new Date(clock)})`;
    const statuses: string[] = [];
    for (let crash = 0; crash < 3; crash++) {
      // As a server that looks a minute later would see it, before any has taken it up again.
      await sql`update verdicts set status = 'running', heartbeat_at = ${new Date(clock - 61_000)} where id = ${id}`;
      await requeueLost(sql, runs, { now: clock });
      statuses.push((await design().verdicts.get({ id })).status);
      if (statuses.at(-1) !== 'lost') await until(id, 'running');
    }
    expect(statuses.slice(0, 2)).not.toContain('lost');
    expect(statuses[2]).toBe('lost');
  });
});

describe('by the clock', () => {
  test('a run is verified every so many hours, once for all that was missed, and the rhythm stays', async () => {
    const [runId, id] = [await newRun(), randomUUID()];
    const set = await design().schedules.put({ id, runId, everyHours: 24, options: optionsOf('reproduce') });
    expect(set).toMatchObject({ runId, runName: 'forest', everyHours: 24, nextAt: clock + 24 * HOUR });
    clock += 75 * HOUR; // three times, while nobody looked
    const [only] = await eventually(async () => {
      const { verdicts } = await design().verdicts.list({ scheduleId: id });
      return verdicts.length > 0 && verdicts[0]?.status === 'reproduced' && verdicts;
    });
    expect(only?.scheduleId).toBe(id);
    const listed = await design().schedules.list({ runId });
    expect(listed.schedules).toMatchObject([{ id, nextAt: set.nextAt + 72 * HOUR }]);
    expect((await design().verdicts.list({ scheduleId: id })).verdicts).toHaveLength(1);
    expect(await design().schedules.delete({ id })).toEqual({ deleted: true });
    expect(await design().schedules.delete({ id })).toEqual({ deleted: false });
  });

  test('only whoever set it, or an owner, ends it', async () => {
    const [runId, id] = [await newRun(), randomUUID()];
    await design().schedules.put({ id, runId, everyHours: 24 });
    const editor = server().clientOf(await server().tokenOf('editor')).design;
    await expect(editor.schedules.delete({ id })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(editor.schedules.put({ id, runId, everyHours: 1 })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect((await design().schedules.list({ runId })).schedules).toMatchObject([{ everyHours: 24 }]);
  });
});

describe('whether this server verifies', () => {
  const home = mkdtempSync(join(tmpdir(), 'cellkeep-settings-'));
  const read = (env: NodeJS.ProcessEnv, host = '127.0.0.1') => readVerifySettings(env, { host, home, venvs: [] });

  test.each([
    ['a server that only its own machine reaches', { CELLKEEP_VERIFY_PYTHON: python }, '127.0.0.1', null],
    ['one that others reach', { CELLKEEP_VERIFY_PYTHON: python }, '0.0.0.0', 'CELLKEEP_VERIFY=on'],
    ['one that others reach, where that is wanted', { CELLKEEP_VERIFY_PYTHON: python, CELLKEEP_VERIFY: 'on' }, '0.0.0.0', null],
    ['one where it is turned off', { CELLKEEP_VERIFY_PYTHON: python, CELLKEEP_VERIFY: 'off' }, '127.0.0.1', 'turned off'],
    ['one without Python', {}, '127.0.0.1', 'CELLKEEP_VERIFY_PYTHON'],
  ])('%s', (_, env, host, off) => {
    const found = read(env, host).off;
    if (off === null) expect(found).toBeNull();
    else expect(found).toContain(off);
  });

  test.each([
    ['CELLKEEP_VERIFY', 'maybe'],
    ['CELLKEEP_VERIFY_AT_ONCE', '0'],
    ['CELLKEEP_VERIFY_MEMORY', '8 GB'],
  ])('%s=%s is refused with its name', (name, value) => {
    expect(() => read({ [name]: value })).toThrow(`${name}=${value}`);
  });
});
