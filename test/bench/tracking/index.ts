/** The measurements of tracking, in the order in which they are made: loads first, then what the loads have left in memory. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { measure, type Result } from '../measure.ts';
import { startBareHttp } from '../subjects/bareHttp.ts';
import { startCellkeep } from '../subjects/cellkeep.ts';
import { type PeerName, startPeer } from '../subjects/peers.ts';
import { startPostgres } from '../subjects/postgres.ts';
import { batches } from './batches.ts';
import type { Bench, Size } from './bench.ts';
import { memory } from './memory.ts';
import { notebook } from './notebook.ts';
import { history, search, zoom } from './reads.ts';
import { singlePoints } from './singlePoints.ts';
import { startUp } from './startUp.ts';

export { SIZES } from './bench.ts';

const MEASUREMENTS = { batches, singlePoints, history, zoom, search, notebook, memory, startUp };
export const PARTS = Object.keys(MEASUREMENTS) as Part[];
export type Part = keyof typeof MEASUREMENTS;

export interface TrackingOptions {
  /** An empty folder, for all that is written. */
  folder: string;
  size: Size;
  peers: PeerName[];
  parts: readonly Part[];
  say: (line: string) => void;
}

export async function benchTracking({ folder, size, peers, parts, say }: TrackingOptions): Promise<Result[]> {
  const newFolder = (name: string) => {
    const made = join(folder, name);
    mkdirSync(made, { recursive: true });
    return made;
  };
  const postgres = await startPostgres(newFolder('bare'));
  await postgres.createDatabase('bare');
  const bareHttp = await startBareHttp(folder, size.history);
  const cellkeep = await startCellkeep(newFolder('cellkeep'));
  const bench: Bench = { cellkeep, peers: [], bareHttp, bareSql: postgres.connect('bare', 16), postgres, folder: newFolder, size };
  for (const name of peers) bench.peers.push(await startPeer(name, newFolder(name)));

  const results: Result[] = [];
  for (const part of parts) results.push(...(await measure(await MEASUREMENTS[part](bench), size.rounds, say)));

  await Promise.all([cellkeep.stop(), bareHttp.stop(), ...bench.peers.map((peer) => peer.stop())]);
  await postgres.stop();
  return results;
}
