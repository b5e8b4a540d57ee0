#!/usr/bin/env -S node --max-semi-space-size=4 --initial-heap-size=64 --max-old-space-size=1024
// cellkeep-server: runs the server on this Node where it is new enough, else on the one that was installed beside it.
// The flags: Node lets garbage grow with the machine's memory, which was half of what the server held; but a heap of 20 MB that may grow by
// a few was collected whole at every tenth curve that was read, a quarter of the work (64 MB: 20 MB more are held). A body of 64 MiB has
// room several times.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NEEDED = { major: 22, minor: 12 };
const address = new URL('../server/dist/cellkeep-server.mjs', import.meta.url);
const server = fileURLToPath(address);
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > NEEDED.major || (major === NEEDED.major && minor >= NEEDED.minor)) {
  process.argv[1] = server;
  await import(address.href);
} else {
  const node = join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin/node');
  const child = spawn(node, [...process.execArgv, server, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(
      `cellkeep-server: Node ${process.versions.node} is too old and the one beside it does not run (${error.message}): install Node ${NEEDED.major}.${NEEDED.minor} or later\n`,
    );
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = signal ? 128 : (code ?? 1);
  });
}
