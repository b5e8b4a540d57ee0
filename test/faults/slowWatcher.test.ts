import type { contract } from '@cellkeep/schema';
import type { LiveEvent } from '@cellkeep/schema/tracking';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import type { ContractRouterClient } from '@orpc/contract';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { points, realServer, until } from './realServer.ts';

const server = realServer();
type Client = ContractRouterClient<typeof contract>;

async function connect() {
  const socket = new WebSocket(`${server.process.url.replace('http', 'ws')}/api/v1/rpc`, {
    headers: { authorization: `Bearer ${server.process.token}` },
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const client: Client = createORPCClient(new RPCLink({ websocket: socket as unknown as globalThis.WebSocket }));
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  return { socket, client, closed };
}

/** Reads every event until the connection ends. */
function watchAll(client: Client, input: Parameters<Client['tracking']['watch']>[0], seen: (event: LiveEvent) => void): Promise<void> {
  return (async () => {
    for await (const event of await client.tracking.watch(input)) seen(event);
  })().catch(() => {}); // the connection has ended
}

test('a client that stops reading live points costs bounded memory, is told or cut off, and disturbs nobody', async () => {
  const runs = await Promise.all(Array.from({ length: 6 }, () => server.newRun()));
  const slow = await connect();
  const good = await connect();
  const slowSaw: LiveEvent[] = [];
  let goodSaw = 0;
  let goodIsLagging = false;
  const reading = [
    watchAll(slow.client, { points: true }, (event) => slowSaw.push(event)),
    watchAll(good.client, { runIds: [runs[0] ?? ''] }, (event) => {
      goodSaw += 1;
      goodIsLagging ||= event.type === 'lagging';
    }),
  ];
  await until('both watch', () => slowSaw.length > 0 && goodSaw > 0);
  let isCut = false;
  void slow.closed.then(() => {
    isCut = true;
  });
  let step = 0;
  let slowest = 0;
  /** 24,000 points in each round, many MB a second for whoever reads. @returns the most memory that the server had, MiB */
  const pour = async (ms: number): Promise<number> => {
    let most = 0;
    for (const end = performance.now() + ms; performance.now() < end && !isCut; step += 100) {
      const began = performance.now();
      const series = Array.from({ length: 40 }, (_, i) => points(`k${i}`, step, 100));
      const answers = await Promise.all(runs.map((run) => server.log(run, ...series)));
      expect(answers.map(({ status }) => status)).toEqual(runs.map(() => 200));
      slowest = Math.max(slowest, performance.now() - began);
      most = Math.max(most, server.memory().now);
    }
    return most;
  };
  const before = await pour(5_000);
  slow.socket.pause();
  const most = await pour(12_000);
  const seenSoFar = goodSaw;
  await server.log(runs[0] ?? '', points('last', 0, 1));
  await until('the other client hears of the newest point', () => goodSaw > seenSoFar, 5_000);
  console.log(
    `memory at most ${before} MiB while both read, then ${most} MiB; slowest round ${Math.round(slowest)} ms; ${step * 40 * runs.length} points`,
  );
  expect(most - before, 'MiB more').toBeLessThan(250);
  expect(goodIsLagging, 'the client that reads').toBe(false);

  slow.socket.resume();
  const told = await Promise.race([slow.closed, until('it is told', () => slowSaw.find(({ type }) => type === 'lagging'), 20_000)]);
  console.log('the slow client was told', JSON.stringify(told));
  expect(told).toEqual(
    'code' in told
      ? { code: 4008, reason: 'this client does not read what it asked for' }
      : { type: 'lagging', dropped: expect.any(Number) },
  );
  for (const { socket } of [slow, good]) socket.terminate();
  await Promise.all([slow.closed, good.closed, ...reading]);
  expect(await server.isAlive()).toBe(true);
});
