/** Memory of a server and its Postgres, after all loads: what it has taken and not given back. */
import type { Measurement, Round } from '../measure.ts';
import type { Subject } from '../subjects/subject.ts';
import type { Bench } from './bench.ts';

export function memory({ cellkeep, peers }: Bench): Measurement {
  const look = async (subject: Subject): Promise<Round> => {
    const { rss, pss } = subject.memory();
    return pss === null ? { rss } : { rss, pss };
  };
  return {
    title: 'memory after the loads',
    rows: [
      { key: 'pss', title: 'memory with Postgres after the loads, shared pages once (PSS)', unit: 'MiB', more: false },
      { key: 'rss', title: 'memory with Postgres after the loads, shared pages in each process (RSS)', unit: 'MiB', more: false },
    ],
    contestants: {
      cellkeep: () => look(cellkeep),
      ...Object.fromEntries(peers.map((peer) => [peer.name, () => look(peer)])),
    },
  };
}
