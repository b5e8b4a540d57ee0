/** The bare HTTP server (bare.ts) as a process of its own, like every server that is measured. */
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startProgram } from '../processes.ts';

export interface BareHttp {
  port: number;
  stop: () => Promise<void>;
}

const BARE = fileURLToPath(new URL('bare.ts', import.meta.url));

/** @param points in the answer to /history */
export async function startBareHttp(folder: string, points: number): Promise<BareHttp> {
  const program = startProgram(process.execPath, [BARE, String(points)], { cwd: folder, log: join(folder, 'bare.log'), readStdout: true });
  if (!program.child.stdout) throw new Error('its stdout is not read');
  const [line] = (await once(program.child.stdout, 'data')) as [Buffer];
  return { port: Number(line.toString('utf8')), stop: program.stop };
}
