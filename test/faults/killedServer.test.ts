import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { checkout } from '../e2e/processes.ts';
import { realServer } from './realServer.ts';
import { artifactWriter, ingestWriter, logWriter, moreOfEach, totalOf, type Writer } from './writers.ts';

const server = realServer();
let writers: Writer[] = [];

afterEach(async () => {
  await Promise.allSettled(writers.map((writer) => writer.stop()));
});

test('kill -9 of the server while many write loses nothing that was acknowledged, and what is sent again counts once', async () => {
  writers = await Promise.all([
    ...Array.from({ length: 4 }, () => ingestWriter(server)),
    ...Array.from({ length: 4 }, () => logWriter(server)),
    artifactWriter(server),
    artifactWriter(server),
  ]);
  for (let round = 0; round < 3; round++) {
    await moreOfEach(writers, 5);
    await server.process.kill();
    const ready = await server.start();
    console.log(`round ${round}: ready again after ${Math.round(ready)} ms, ${totalOf(writers)} acknowledged`);
  }
  await moreOfEach(writers, 5);
  await Promise.all(writers.map((writer) => writer.stop()));
  for (const writer of writers) {
    await writer.check(true);
    expect(writer.answers.get(0), 'connections that broke in its midst').toBeGreaterThan(0);
    expect([...writer.codes], 'refusals').toEqual([]);
  }
});

test('what was acknowledged before the kill is there at once after it, with nothing sent again', async () => {
  writers = await Promise.all([ingestWriter(server), logWriter(server), ingestWriter(server), logWriter(server)]);
  await moreOfEach(writers, 10);
  const acknowledged = writers.map(({ acknowledged }) => acknowledged);
  await Promise.all([server.process.kill(), ...writers.map((writer) => writer.giveUp())]);
  await server.start();
  for (const [i, writer] of writers.entries()) {
    expect(writer.acknowledged).toBeGreaterThanOrEqual(acknowledged[i]!);
    await writer.check(false);
  }
});

test('after all kills the audit log is one whole chain, told alike by the API and by the command', async () => {
  const said = await server.ask<{ checked: number; brokenAt: string | null }>('POST', '/events/verify');
  expect(said.brokenAt).toBeNull();
  expect(said.checked).toBeGreaterThan(20);
  const command = [join(checkout, 'server/src/cli/cellkeep-server.ts'), 'verify-events', '--json', '--home', server.home];
  const { status, stdout } = spawnSync(join(checkout, 'node_modules/.bin/node'), command, { encoding: 'utf8' });
  expect([status, JSON.parse(stdout)]).toEqual([0, { checked: expect.any(Number), unsealed: 0, brokenAt: null }]);
  const runs = await server.ask<{ total: number }>('POST', '/runs/search', {});
  const events = await server.ask<{ events: unknown[] }>('GET', '/events?what=run.created&limit=1000');
  expect(events.events.length, 'one event for each run that was made').toBe(runs.total);
});
