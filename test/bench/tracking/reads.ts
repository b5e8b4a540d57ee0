/** A series read whole, a long one read zoomed, and runs found and ordered: the median request of each round. */

import { quantile } from '../figures.ts';
import { ask, type HttpRequest, sendRepeatedly } from '../load.ts';
import type { Measurement, Round } from '../measure.ts';
import type { Subject } from '../subjects/subject.ts';
import type { Bench } from './bench.ts';

const PAGE = 100;
const SCREEN = 2_000; // points

export function history({ cellkeep, peers, bareHttp, size }: Bench): Measurement {
  const title = `history of ${size.history.toLocaleString('en')} points`;
  const prepared = new Map<string, string>();
  const read = async (subject: Subject): Promise<Round> => {
    let run = prepared.get(subject.name);
    if (run === undefined) {
      run = (await subject.createRuns(1))[0] as string;
      await subject.seedSeries(run, size.history);
      requireCount(subject.pointsIn(await ask(subject.port, subject.history(run))), size.history, 'points');
      prepared.set(subject.name, run);
    }
    return { history: await typical(subject.port, subject.history(run), Math.ceil(size.reads / 4)) };
  };
  return {
    title,
    rows: [
      { key: 'history', title, unit: 'ms', more: false },
      { key: 'own', title: "the same through Cellkeep's own API", unit: 'ms', more: false },
    ],
    contestants: {
      async cellkeep() {
        const round = await read(cellkeep);
        const asked = cellkeep.own.history(prepared.get(cellkeep.name) as string);
        requireCount(cellkeep.own.pointsIn(await ask(cellkeep.port, asked)), size.history, 'points');
        return { ...round, own: await typical(cellkeep.port, asked, Math.ceil(size.reads / 4)) };
      },
      ...Object.fromEntries(peers.map((peer) => [peer.name, () => read(peer)])),
      'node http': async () => ({ history: await typical(bareHttp.port, { method: 'GET', path: '/history' }, Math.ceil(size.reads / 4)) }),
    },
  };
}

export function zoom({ cellkeep, size }: Bench): Measurement {
  const title = `zoom to ${SCREEN.toLocaleString('en')} of ${size.zoomed.toLocaleString('en')} points`;
  let run: string | undefined;
  return {
    title,
    rows: [{ key: 'zoom', title, unit: 'ms', more: false }],
    contestants: {
      async cellkeep() {
        if (run === undefined) {
          run = (await cellkeep.createRuns(1))[0] as string;
          await cellkeep.seedSeries(run, size.zoomed);
          requireCount(await cellkeep.countPoints([run]), size.zoomed, 'points');
          requireCount(
            cellkeep.own.pointsIn(await ask(cellkeep.port, cellkeep.own.zoom(run, SCREEN))),
            Math.min(SCREEN, size.zoomed),
            'points',
          );
        }
        return { zoom: await typical(cellkeep.port, cellkeep.own.zoom(run, SCREEN), size.reads) };
      },
    },
  };
}

export function search({ cellkeep, peers, size }: Bench): Measurement {
  const title = `search and order ${size.runs.toLocaleString('en')} runs, page of ${PAGE}`;
  const prepared = new Set<string>();
  const find = async (subject: Subject): Promise<Round> => {
    const round: Round = {};
    if (!prepared.has(subject.name)) {
      await subject.seedRuns(size.runs);
      requireCount(subject.runsIn(await ask(subject.port, subject.search())), PAGE, 'runs');
      round.fresh = await typical(subject.port, subject.search(), size.reads);
      await subject.analyze();
      prepared.add(subject.name);
    }
    const { latencies_ms } = await sendRepeatedly(subject.port, subject.search(), size.reads);
    return { ...round, p50: quantile(latencies_ms, 0.5), p95: quantile(latencies_ms, 0.95) };
  };
  return {
    title,
    rows: [
      { key: 'p50', title: `${title}: p50`, unit: 'ms', more: false },
      { key: 'p95', title: `${title}: p95`, unit: 'ms', more: false },
      { key: 'own', title: "the same through Cellkeep's own API, with the number of all that match: p50", unit: 'ms', more: false },
      { key: 'fresh', title: 'the same at once after they came, before Postgres has statistics: p50', unit: 'ms', more: false },
    ],
    contestants: {
      async cellkeep() {
        const round = await find(cellkeep);
        requireCount(cellkeep.own.runsIn(await ask(cellkeep.port, cellkeep.own.search())), PAGE, 'runs');
        return { ...round, own: await typical(cellkeep.port, cellkeep.own.search(), size.reads) };
      },
      ...Object.fromEntries(peers.map((peer) => [peer.name, () => find(peer)])),
    },
  };
}

async function typical(port: number, request: HttpRequest, times: number): Promise<number> {
  return quantile((await sendRepeatedly(port, request, Math.max(1, times))).latencies_ms, 0.5);
}

function requireCount(found: number, wanted: number, what: string): void {
  if (found !== wanted) throw new Error(`${found} ${what} came instead of ${wanted}`);
}
