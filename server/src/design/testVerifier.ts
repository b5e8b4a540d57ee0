/** A program that stands where Python is looked for: it does as its task says, as `cellkeep verify` would, in a tenth of a second. */
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VerdictFindings } from '@cellkeep/schema/design';

export const findings = (more: Partial<VerdictFindings> = {}): VerdictFindings => ({
  ...{ environment: 'same', executed: 3, differences: [], firstOrder: null, firstCellId: null, error: null, notes: [] },
  compared: { metrics: 1, outputs: 2, images: 0, predictions: 0 },
  ...more,
});

/** What it does is chosen by the tolerance for images, the one number of a task that means nothing to it. */
export const TASKS = { reproduce: 0.1, crash: 0.2, hang: 0.3, tellAll: 0.4, cannot: 0.5, leave: 0.6 } as const;

const SOURCE = `#!${process.execPath}
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { url, token, verdict, trust, options } = JSON.parse((await lines.next()).value);
process.stdin.on('end', () => process.kill(-process.pid, 'SIGKILL'));
const say = (body) => fetch(url + '/api/v1/verdicts/' + verdict, {
  method: 'PATCH', headers: { authorization: 'Bearer ' + token, 'content-type': 'application/json' }, body: JSON.stringify(body) });
const progress = (text) => say({ id: verdict, status: 'running', progress: { stage: 'execute', done: 1, total: 3, text } });
const task = options.tolerances.images;
if (task === ${TASKS.reproduce}) await say({ id: verdict, status: 'reproduced', findings: ${JSON.stringify(findings())} });
if (task === ${TASKS.crash}) { process.stderr.write('out of memory'); process.exit(1); }
if (task === ${TASKS.cannot}) { process.stderr.write('a warning\\ncellkeep: it has not ended yet; verify it when it has\\n'); process.exit(5); }
if (task === ${TASKS.leave}) {
  // As a cell's subprocess would: it deafens itself, and holds the verifier's stderr.
  const left = spawn('sh', ['-c', 'trap "" TERM; exec sleep 600'], { stdio: ['ignore', 'ignore', 'inherit'] });
  await say({ id: verdict, status: 'reproduced', findings: { ...${JSON.stringify(findings())}, notes: [String(left.pid)] } });
}
if (task === ${TASKS.tellAll}) {
  const seen = JSON.stringify({ args: process.argv.slice(2), env: Object.keys(process.env).sort(), holdsToken: JSON.stringify([process.env, process.argv]).includes(token), trust });
  await say({ id: verdict, status: 'drifted', findings: { ...${JSON.stringify(findings())}, notes: [seen.slice(0, 1000)] } });
}
if (task === ${TASKS.hang}) {
  const kernel = spawn('sleep', ['600'], { stdio: 'ignore' });
  await progress(String(kernel.pid));
  await new Promise(() => setInterval(() => {}, 1000));
}
process.exit(0);
`;

export function testVerifier(): string {
  const file = join(mkdtempSync(join(tmpdir(), 'cellkeep-verifier-')), 'python.mjs');
  writeFileSync(file, SOURCE);
  chmodSync(file, 0o755);
  return file;
}
