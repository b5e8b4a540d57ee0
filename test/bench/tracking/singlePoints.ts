/** One point a request, each client to a run of its own: how long one waits, and how many go through. */

import { quantile } from '../figures.ts';
import { send } from '../load.ts';
import type { Measurement, Round } from '../measure.ts';
import type { Subject } from '../subjects/subject.ts';
import { type Bench, deal, shareOf } from './bench.ts';

const CLIENTS = [1, 4, 16];

export async function singlePoints({ cellkeep, peers, bareHttp, bareSql, size }: Bench): Promise<Measurement> {
  await bareSql`create table bare_single (run int, step int, value float8)`;
  const logged = async (subject: Subject, point = subject.point): Promise<Round> => {
    const round: Round = {};
    for (const clients of CLIENTS) {
      const runs = await subject.createRuns(clients);
      const load = deal(clients, shareOf(subject.name, size.points), (client, n) => point(runs[client] as string, n));
      const { seconds, latencies_ms } = await send(subject.port, load);
      const there = await subject.countPoints(runs);
      if (there !== latencies_ms.length) throw new Error(`${latencies_ms.length} points were sent and ${there} are stored`);
      Object.assign(round, asRound(clients, latencies_ms, seconds));
    }
    return round;
  };
  const throughOwn = async (): Promise<Round> => {
    const round = await logged(cellkeep, cellkeep.own.point);
    return Object.fromEntries(CLIENTS.map((clients) => [`own${clients}`, round[`rate${clients}`] as number]));
  };
  return {
    title: 'single points',
    rows: CLIENTS.flatMap((clients) => {
      const who = clients === 1 ? 'one client' : `${clients} clients`;
      return [
        { key: `rate${clients}`, title: `single points, ${who}`, unit: 'requests/s' as const, more: true },
        { key: `p50_${clients}`, title: `single points, ${who}: p50`, unit: 'ms' as const, more: false },
        { key: `p95_${clients}`, title: `single points, ${who}: p95`, unit: 'ms' as const, more: false },
        { key: `own${clients}`, title: `the same through Cellkeep's own API, ${who}`, unit: 'requests/s' as const, more: true },
      ];
    }),
    contestants: {
      cellkeep: async () => ({ ...(await logged(cellkeep)), ...(await throughOwn()) }),
      ...Object.fromEntries(peers.map((peer) => [peer.name, () => logged(peer)])),
      'node http': async () => {
        const round: Round = {};
        for (const clients of CLIENTS) {
          const load = deal(clients, size.points, (_, n) => ({ ...cellkeep.point('0'.repeat(32), n), path: '/' }));
          const { seconds, latencies_ms } = await send(bareHttp.port, load);
          Object.assign(round, asRound(clients, latencies_ms, seconds));
        }
        return round;
      },
      // A commit a point, as a server without group commit has to.
      'Postgres INSERT': async () => {
        const round: Round = {};
        for (const clients of CLIENTS) {
          const latencies: number[] = [];
          const since = performance.now();
          const run = async (client: number) => {
            for (let n = 0; n < size.points / clients; n++) {
              const start = performance.now();
              await bareSql`insert into bare_single values (${client}, ${n}, ${0.5})`;
              latencies.push(performance.now() - start);
            }
          };
          await Promise.all(Array.from({ length: clients }, (_, client) => run(client)));
          Object.assign(round, asRound(clients, latencies, (performance.now() - since) / 1e3));
        }
        return round;
      },
    },
  };
}

function asRound(clients: number, latencies: number[], seconds: number): Round {
  return {
    [`rate${clients}`]: latencies.length / seconds,
    [`p50_${clients}`]: quantile(latencies, 0.5),
    [`p95_${clients}`]: quantile(latencies, 0.95),
  };
}
