/** From the command to the first answer: with an empty folder, and again with the database that is then there. */
import type { Measurement } from '../measure.ts';
import { cellkeepStarts } from '../subjects/cellkeep.ts';
import { type PeerName, peerStarts } from '../subjects/peers.ts';
import type { Startable } from '../subjects/subject.ts';
import type { Bench } from './bench.ts';

export function startUp({ folder, postgres, peers }: Bench): Measurement {
  const starts = [cellkeepStarts, ...peers.map(({ name }) => peerStarts(name as PeerName, postgres))];
  const twice = (startable: Startable) => async (round: number) => {
    const home = folder(`start-${startable.name}-${round}`);
    return { cold: await startable.startOnce(home), warm: await startable.startOnce(home) };
  };
  return {
    title: 'start',
    rows: [
      { key: 'cold', title: 'first start, empty folder (peers: without their Postgres)', unit: 's', more: false },
      { key: 'warm', title: 'next start (peers: without their Postgres)', unit: 's', more: false },
    ],
    contestants: Object.fromEntries(starts.map((startable) => [startable.name, twice(startable)])),
  };
}
