/** What a cell pays: `cellkeep.log()` and the recording of each execution, in a real kernel that sends to the server under test. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PYTHON } from '../load.ts';
import type { Measurement, Round } from '../measure.ts';
import type { Bench } from './bench.ts';

const PROGRAM = fileURLToPath(new URL('notebook.py', import.meta.url));
const LONGEST = 300_000; // ms

export function notebook({ cellkeep, folder, size }: Bench): Measurement {
  return {
    title: 'notebook',
    rows: [50, 95, 99].flatMap((q) => [
      { key: `log${q}`, title: `cellkeep.log() in a cell: p${q}`, unit: 'µs' as const, more: false },
      { key: `cell${q}`, title: `recording of a cell: p${q}`, unit: 'ms' as const, more: false },
    ]),
    contestants: {
      async cellkeep(round) {
        const home = folder(`notebook-${round}`);
        const env = {
          ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('CELLKEEP_'))),
          CELLKEEP_URL: cellkeep.url,
          CELLKEEP_TOKEN: cellkeep.token,
          CELLKEEP_HOME: home,
          CELLKEEP_CONFIG: `${home}/config.json`,
          IPYTHONDIR: `${home}/ipython`,
        };
        const args = [PROGRAM, String(size.logCalls), String(size.cells)];
        const { stdout } = await promisify(execFile)(PYTHON, args, { env, cwd: home, timeout: LONGEST });
        const { run, ...figures } = JSON.parse(stdout) as Round & { run: string };
        const there = await cellkeep.countPoints([run]);
        if (there !== size.logCalls) throw new Error(`${size.logCalls} points were logged and ${there} are stored`);
        return figures;
      },
    },
  };
}
