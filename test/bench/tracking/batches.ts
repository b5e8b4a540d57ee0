/** Points per second when they come 1,000 a request: ten series of a run, a hundred steps each. */

import { type HttpRequest, send } from '../load.ts';
import type { Measurement, Round } from '../measure.ts';
import { KEYS, measured, POINTS_PER_BATCH, type Subject, timeOf } from '../subjects/subject.ts';
import { type Bench, deal, shareOf } from './bench.ts';

const STEPS = POINTS_PER_BATCH / KEYS;

export async function batches(bench: Bench): Promise<Measurement> {
  const { cellkeep, peers, bareHttp, bareSql, size } = bench;
  await bareSql`create table bare_points (run int, key text, step bigint, time bigint, value float8)`;
  await bareSql`create table bare_chunks (run int, payload bytea)`;

  const logged = async (subject: Subject): Promise<Round> => {
    const requests = shareOf(subject.name, size.batches);
    const load = (runs: string[]) => (client: number, n: number) => subject.batch(runs[client] as string, n * STEPS);
    return { one: await stored(subject, 1, requests, load), four: await stored(subject, 4, requests, load) };
  };
  const through = async (name: string, load: (runs: string[]) => (client: number, n: number) => HttpRequest): Promise<Round> => {
    return {
      [`${name}One`]: await stored(cellkeep, 1, size.batches, load),
      [`${name}Four`]: await stored(cellkeep, 4, size.batches, load),
    };
  };
  const { own } = cellkeep;
  const ourOwn = async (): Promise<Round> => ({
    ...(await through('own', (runs) => (client, n) => own.batch(runs[client] as string, n * STEPS))),
    ...(await through('ingest', (runs) => {
      const writers = runs.map(() => crypto.randomUUID());
      return (client, n) => own.ingest(writers[client] as string, n + 1, runs[client] as string, n * STEPS);
    })),
  });
  const bare = async (clients: number, one: (client: number, n: number) => Promise<unknown>): Promise<number> => {
    const each = Math.round(size.batches / clients);
    const since = performance.now();
    const run = async (client: number) => {
      for (let n = 0; n < each; n++) await one(client, n);
    };
    await Promise.all(Array.from({ length: clients }, (_, client) => run(client)));
    return (clients * each * POINTS_PER_BATCH) / ((performance.now() - since) / 1e3);
  };
  const copied = (client: number, n: number) =>
    bareSql.begin(async (tx) => {
      const stream = await tx`copy bare_points from stdin`.writable();
      await new Promise<void>((resolve, reject) =>
        stream
          .on('error', reject)
          .on('finish', resolve)
          .end(linesOf(client, n * STEPS)),
      );
    });
  const bytes = Buffer.alloc(POINTS_PER_BATCH * 10, 7); // what a point takes in a chunk of ours
  const inserted = (client: number) => bareSql`insert into bare_chunks values (${client}, ${bytes})`;

  return {
    title: 'batches',
    rows: [
      { key: 'one', title: 'points in batches of 1,000, one client', unit: 'points/s', more: true },
      { key: 'four', title: 'points in batches of 1,000, four clients', unit: 'points/s', more: true },
      { key: 'ownOne', title: "the same through Cellkeep's own API, one", unit: 'points/s', more: true },
      { key: 'ownFour', title: "the same through Cellkeep's own API, four", unit: 'points/s', more: true },
      { key: 'ingestOne', title: 'the same as numbered batches of a kernel, one', unit: 'points/s', more: true },
      { key: 'ingestFour', title: 'the same as numbered batches of a kernel, four', unit: 'points/s', more: true },
    ],
    contestants: {
      cellkeep: async () => ({ ...(await logged(cellkeep)), ...(await ourOwn()) }),
      ...Object.fromEntries(peers.map((peer) => [peer.name, () => logged(peer)])),
      'node http': async () => {
        const rate = async (clients: number) => {
          const load = deal(clients, size.batches, (_, n) => ({ ...cellkeep.batch('0'.repeat(32), n * STEPS), path: '/' }));
          return pointsPerSecond(load, await send(bareHttp.port, load));
        };
        return { one: await rate(1), four: await rate(4) };
      },
      'Postgres COPY': async () => ({ one: await bare(1, copied), four: await bare(4, copied) }),
      'Postgres bytes': async () => ({ one: await bare(1, inserted), four: await bare(4, inserted) }),
    },
  };
}

/** Sends the load to new runs and counts what has been stored. */
async function stored(
  subject: Subject,
  clients: number,
  requests: number,
  load: (runs: string[]) => (client: number, n: number) => HttpRequest,
): Promise<number> {
  const runs = await subject.createRuns(clients);
  const dealt = deal(clients, requests, load(runs));
  const sent = await send(subject.port, dealt);
  const wanted = dealt.flat().length * POINTS_PER_BATCH;
  const there = await subject.countPoints(runs);
  if (there !== wanted) throw new Error(`${wanted} points were sent and ${there} are stored`);
  return pointsPerSecond(dealt, sent);
}

const pointsPerSecond = (load: HttpRequest[][], { seconds }: { seconds: number }) => (load.flat().length * POINTS_PER_BATCH) / seconds;

function linesOf(run: number, first: number): string {
  let lines = '';
  for (let key = 0; key < KEYS; key++) {
    for (let step = first; step < first + STEPS; step++)
      lines += `${run}\tmetric_${key}\t${step}\t${timeOf(step)}\t${measured(step, key)}\n`;
  }
  return lines;
}
