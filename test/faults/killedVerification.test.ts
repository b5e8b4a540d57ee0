import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TASKS, testVerifier } from '../../server/src/design/testVerifier.ts';
import { realServer, until } from './realServer.ts';

const server = realServer({ CELLKEEP_VERIFY_PYTHON: testVerifier() });

interface Told {
  id: string;
  status: string;
  progress: { stage: string; text: string };
}

const read = (id: string) => server.ask<Told>('GET', `/verdicts/${id}`);

/** Process id of what stands for its kernel. */
const begun = (id: string, before = '') =>
  until('it is executed', async () => {
    const { progress } = await read(id);
    return progress.stage === 'execute' && progress.text !== before && progress.text;
  });
const isGone = (pid: string) => until('its kernel is gone', () => !isAlive(pid));

const isAlive = (pid: string) => {
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch {
    return false;
  }
};

test('kill -9 of the server ends the verification it worked on, and the next server begins it anew', async () => {
  const run = await server.newRun({ name: 'forest' });
  const options = { tolerances: { images: TASKS.hang } };
  const { id } = await server.ask<Told>('POST', '/verdicts', { runId: run, where: 'server', options });
  const waiting = await server.ask<Told>('POST', '/verdicts', { runId: run, where: 'server', options });
  const kernel = await begun(id);
  expect((await read(waiting.id)).status, 'one at a time').toBe('queued');
  await server.process.kill();
  await isGone(kernel);
  await server.start();
  const again = await begun(id, kernel);
  expect(isAlive(again)).toBe(true);
  expect(readdirSync(join(server.home, 'verify')), 'scratch folders, without those of the dead').toHaveLength(1);
  const { events } = await server.ask<{ events: { what: string }[] }>('GET', `/events?subject=verdict:${id}`);
  expect(events.map(({ what }) => what)).toEqual(['verdict.requeued', 'verdict.asked']);
  for (const verdict of [waiting.id, id]) await server.ask('POST', `/verdicts/${verdict}/cancel`);
  await isGone(again);
});

test('a server that stops in order puts its verification back into the queue', async () => {
  const run = await server.newRun({ name: 'forest' });
  const { id } = await server.ask<Told>('POST', '/verdicts', {
    runId: run,
    where: 'server',
    options: { tolerances: { images: TASKS.hang } },
  });
  const kernel = await begun(id);
  expect(await server.process.terminate()).toBe(0);
  await isGone(kernel); // killed by then, and taken from the list of processes soon after
  await server.start();
  const again = await begun(id, kernel);
  await server.ask('POST', `/verdicts/${id}/cancel`);
  await isGone(again);
  expect((await read(id)).status).toBe('cancelled');
});
