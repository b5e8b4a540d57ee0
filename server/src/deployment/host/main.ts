/**
 * The program of a host: its task comes as one line of JSON on stdin. The server that started it may die; then it goes on, and writes to
 * nobody. SIGTERM ends it once everything that was asked is answered and logged.
 */
import { createInterface } from 'node:readline';
import { startHost } from './host.ts';
import type { HostTask } from './task.ts';

async function readTask(): Promise<HostTask> {
  for await (const line of createInterface({ input: process.stdin })) return JSON.parse(line) as HostTask;
  throw new Error('no task came on stdin');
}

function say(text: string, stream: 'out' | 'err' | 'host' = 'host'): void {
  (stream === 'out' ? process.stdout : process.stderr).write(`${text.replace(/\s*\n\s*/g, ' · ')}\n`);
}

// The pipes of a server that died are broken: nobody reads, and that is no reason to stop.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
process.on('SIGINT', () => {}); // Ctrl+C in the server's terminal reaches its children too; they hear of it by SIGTERM
process.on('SIGHUP', () => {});

const ended = new Promise<void>((resolve) => {
  process.once('SIGTERM', resolve);
});

try {
  const task = await readTask();
  process.stdin.destroy();
  const host = await startHost(task, { say, onUnwanted: () => process.exit(0) });
  process.stdout.write(`ready on port ${host.port}\n`);
  await ended;
  await host.close();
  process.exit(0);
} catch (error) {
  say(`the host cannot start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`, 'err');
  process.exit(1);
}
