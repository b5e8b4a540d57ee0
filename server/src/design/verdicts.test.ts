import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Verdict } from '@cellkeep/schema/design';
import { describe, expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';
import { refusal } from '../testing/refusal.ts';
import { findings } from './testVerifier.ts';
import { requeueLost } from './verdictQueue.ts';

const MINUTE = 60_000;
let clock = Date.UTC(2026, 0, 1);
const server = testServer({ now: () => clock, env: { CELLKEEP_VERIFY: 'off' } });
const design = () => server().client.design;
const newRun = async () => (await server().client.tracking.runs.create({ name: 'forest' })).id;
const begin = async (runId: string) => design().verdicts.start({ runId, where: 'client', options: {} });

test('an end is final: what comes later changes nothing, and the run keeps the verdict', async () => {
  const runId = await newRun();
  const { id, status, options } = await begin(runId);
  expect([status, options.tolerances.relative]).toEqual(['running', 1e-9]);
  const progress = { stage: 'execute', done: 2, total: 9, text: 'In [3]' } as const;
  expect((await design().verdicts.update({ id, progress })).progress).toEqual(progress);
  const drift = findings({ firstOrder: 4, firstCellId: 'c4' });
  const ended = await design().verdicts.update({ id, status: 'drifted', findings: drift });
  expect(ended).toMatchObject({ status: 'drifted', findings: drift, endedAt: clock, progress: { stage: 'done' } });
  const late = await design().verdicts.update({ id, status: 'reproduced', findings: findings() });
  expect(late.status).toBe('drifted');
  expect((await server().client.tracking.runs.get({ id: runId })).verdict).toEqual({ id, status: 'drifted', at: clock });
  const { events } = await server().client.governance.events({ subject: `verdict:${id}` });
  expect(events.map(({ what }) => what).sort()).toEqual(['verdict.asked', 'verdict.drifted']);
});

test('the runs whose last verdict is a drift are found by it', async () => {
  const [drifted, again, unchecked] = [await newRun(), await newRun(), await newRun()];
  const end = async (runId: string, status: 'drifted' | 'reproduced') => {
    clock += 1;
    await design().verdicts.update({ id: (await begin(runId)).id, status, findings: findings() });
  };
  await end(drifted, 'drifted');
  await end(again, 'drifted');
  await end(again, 'reproduced');
  const search = async (filter: string) => {
    const { runs } = await server().client.tracking.runs.search({ filter });
    return runs.map(({ id }) => id).filter((id) => [drifted, again, unchecked].includes(id));
  };
  expect(await search("verdict = 'drifted'")).toEqual([drifted]);
  expect(await search("verdict IN ('reproduced', 'failed')")).toEqual([again]);
  expect(await search('verdict IS NULL')).toEqual([unchecked]);
});

test('whoever watches a run hears of its verdict', async () => {
  const runId = await newRun();
  const { client, close } = await server().connect();
  const stream = await client.tracking.watch({ runIds: [runId] });
  await stream.next(); // hello
  await design().verdicts.update({ id: (await begin(runId)).id, status: 'failed', findings: findings() });
  for await (const event of stream) {
    if (event.type !== 'run') continue;
    expect(event.run.verdict?.status).toBe('failed');
    break;
  }
  await close();
});

test('asking twice with one id starts one; the same id for another run is refused', async () => {
  const [runId, other, id] = [await newRun(), await newRun(), randomUUID()];
  const ask = (run: string) => design().verdicts.start({ id, runId: run, where: 'client', options: {} });
  expect(await ask(runId)).toEqual(await ask(runId));
  expect(await refusal(ask(other))).toEqual(['CONFLICT', 'id']);
  expect((await design().verdicts.list({ runId })).verdicts).toHaveLength(1);
});

test('verdicts are listed newest first, page by page', async () => {
  const runId = await newRun();
  const ids: string[] = [];
  for (let n = 0; n < 5; n++) {
    clock += 1_000;
    ids.unshift((await begin(runId)).id);
  }
  const found: string[] = [];
  for (let cursor: string | null = null, first = true; first || cursor; first = false) {
    const page: { verdicts: Verdict[]; nextCursor: string | null } = await design().verdicts.list({
      runId,
      limit: 2,
      ...(cursor && { cursor }),
    });
    found.push(...page.verdicts.map(({ id }) => id));
    cursor = page.nextCursor;
  }
  expect(found).toEqual(ids);
});

describe('refused, and nothing is changed', () => {
  test('a run that is not there, an end without findings, an end that only the server may tell', async () => {
    expect(await refusal(begin('0'.repeat(32)))).toEqual(['NOT_FOUND', 'runId']);
    const { id } = await begin(await newRun());
    const update = (status: Verdict['status']) => refusal(design().verdicts.update({ id, status }));
    expect(await update('reproduced')).toEqual(['BAD_REQUEST', 'findings']);
    expect(await update('lost')).toEqual(['BAD_REQUEST', 'status']);
    expect(await refusal(design().verdicts.get({ id: randomUUID() }))).toEqual(['NOT_FOUND', 'id']);
    expect((await design().verdicts.get({ id })).status).toBe('running');
  });

  test('a viewer starts none, and nobody tells of another person’s', async () => {
    const runId = await newRun();
    const viewer = server().clientOf(await server().tokenOf('viewer')).design;
    expect(await refusal(viewer.verdicts.start({ runId, where: 'client', options: {} }))).toEqual(['FORBIDDEN', '']);
    const { id } = await begin(runId);
    const editor = server().clientOf(await server().tokenOf('editor')).design;
    expect(await refusal(editor.verdicts.update({ id, status: 'cancelled' }))).toEqual(['FORBIDDEN', 'id']);
    expect(await refusal(editor.verdicts.cancel({ id }))).toEqual(['FORBIDDEN', '']);
    expect((await viewer.verdicts.get({ id })).status).toBe('running');
  });

  test('on a server where it is turned off, with the reason', async () => {
    const ask = design().verdicts.start({ runId: await newRun(), where: 'server', options: {} });
    await expect(ask).rejects.toMatchObject({
      code: 'CONFLICT',
      data: { issues: [{ reason: expect.stringContaining('CELLKEEP_VERIFY=off') }] },
    });
  });
});

test('a cancelled one tells its process so with the next answer', async () => {
  const { id } = await begin(await newRun());
  expect((await design().verdicts.cancel({ id })).status).toBe('cancelled');
  expect((await design().verdicts.update({ id, status: 'reproduced', findings: findings() })).status).toBe('cancelled');
});

test('one whose process is silent for five minutes is lost, and the run has no verdict', async () => {
  const runId = await newRun();
  const { id } = await begin(runId);
  const runs = { setVerdict: async () => () => {} };
  clock += 4 * MINUTE;
  await requeueLost(server().services.sql, runs, { now: clock });
  expect((await design().verdicts.get({ id })).status).toBe('running');
  clock += 2 * MINUTE;
  // By the server's own look, every two seconds.
  for (let tries = 0; (await design().verdicts.get({ id })).status !== 'lost'; tries++) {
    if (tries > 200) throw new Error('it was not told lost');
    await sleep(50);
  }
  expect((await server().client.tracking.runs.get({ id: runId })).verdict).toBeNull();
});
