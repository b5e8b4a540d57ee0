/** What a cell pays for its snapshots, in real kernels that send to the server under test: the same cells with and without them. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ask, PYTHON } from '../load.ts';
import type { Measurement, Round } from '../measure.ts';
import type { Bench } from './bench.ts';

const PROGRAM = fileURLToPath(new URL('cells.py', import.meta.url));
const LONGEST = 600_000; // ms

export function cells({ cellkeep, folder, size }: Bench): Measurement {
  const outputs = `a notebook of ${size.cells} cells with ${Math.round((size.cells * size.picture * 4) / 3 / 1e6)} MB of outputs`;
  return {
    title: 'cells',
    rows: [
      { key: 'added95', title: `added to a cell by the two snapshots of its run, in ${outputs}: p95`, unit: 'ms', more: false },
      { key: 'with95', title: 'a cell with a run and a picture, snapshots taken: p95', unit: 'ms', more: false },
      { key: 'without95', title: 'the same, none taken: p95', unit: 'ms', more: false },
      { key: 'with50', title: 'snapshots taken: p50', unit: 'ms', more: false },
      { key: 'without50', title: 'none taken: p50', unit: 'ms', more: false },
      { key: 'hooks95', title: 'recording of such a cell, snapshots taken: p95', unit: 'ms', more: false },
    ],
    contestants: {
      async cellkeep(round) {
        const home = folder(`cells-${round}`);
        const env = {
          ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('CELLKEEP_'))),
          CELLKEEP_URL: cellkeep.url,
          CELLKEEP_TOKEN: cellkeep.token,
          CELLKEEP_HOME: home,
          CELLKEEP_CONFIG: `${home}/config.json`,
          IPYTHONDIR: `${home}/ipython`,
        };
        const { stdout } = await promisify(execFile)(PYTHON, [PROGRAM, String(size.cells), String(size.picture)], {
          env,
          cwd: home,
          timeout: LONGEST,
        });
        const { session, ...figures } = JSON.parse(stdout) as Round & { session: string };
        const there = await stored(Number(new URL(cellkeep.url).port), cellkeep.token, session);
        if (there !== 2 * size.cells) throw new Error(`${2 * size.cells} snapshots were taken and ${there} are stored whole`);
        return figures;
      },
    },
  };
}

/** Snapshots of a session that have both halves. */
async function stored(port: number, token: string, session: string): Promise<number> {
  const { snapshots } = await ask<{ snapshots: { hasKernel: boolean; hasDocument: boolean }[] }>(port, {
    method: 'GET',
    path: `/api/v1/snapshots?sessionId=${session}&limit=1000`,
    headers: { Authorization: `Bearer ${token}` },
  });
  return snapshots.filter(({ hasKernel, hasDocument }) => hasKernel && hasDocument).length;
}
