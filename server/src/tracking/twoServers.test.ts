/** What one server of a database remembers, against what another one changes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createServer, type Running } from '../main.ts';
import { testServer } from '../testing/index.ts';

const server = testServer();
let home: string;
let second: Running;
let passed = 0;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'cellkeep-second-'));
  second = await createServer({ home, databaseUrl: server().database.url, now: () => Date.now() + passed });
});
afterAll(async () => {
  await second?.close();
  rmSync(home, { recursive: true, force: true });
});

let step = 0;
/** Logs a point to the second server, as MLflow's clients do. @returns the status of its answer */
async function log(runId: string): Promise<number> {
  const answer = await fetch(`${second.url}/api/2.0/mlflow/runs/log-metric`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server().token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ run_id: runId, key: 'loss', value: 1, timestamp: 1, step: step++ }),
  });
  return answer.status;
}
const answers = (runId: string, status: number) => expect.poll(() => log(runId), { timeout: 20_000 }).toBe(status);

test('a run that is deleted on one server takes no more points on another, until it is restored', async () => {
  const { runs } = server().client.tracking;
  const { id } = await runs.create({});
  expect(await log(id)).toBe(200);
  await runs.delete({ ids: [id] });
  await answers(id, 400);
  await runs.restore({ ids: [id] });
  await answers(id, 200);
});

test('nor does a run of an experiment that is deleted there', async () => {
  const { runs, experiments } = server().client.tracking;
  const { id, experimentId } = await runs.create({ experimentName: 'of two servers' });
  expect(await log(id)).toBe(200);
  await experiments.delete({ id: experimentId });
  await answers(id, 400);
  await experiments.restore({ id: experimentId });
  await answers(id, 200);
});

test('where the news of it was lost, a minute is the longest that it takes points', async () => {
  const { id } = await server().client.tracking.runs.create({});
  expect(await log(id)).toBe(200);
  await server().database.sql`update runs set deleted_at = now() where id = ${id}`;
  passed += 61_000;
  expect(await log(id)).toBe(400);
});
