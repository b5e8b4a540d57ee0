// `npm run bench -- tracking [options]`: brings what the measurements need, builds the server that they start, and hands over to
// test/bench/main.ts, which is TypeScript and so runs on the Node of this checkout.
import { spawn } from 'node:child_process';
import { bootstrap } from './bootstrap.mjs';
import { checkout, inCheckout, node } from './checkout.mjs';
import { runMain } from './progress.mjs';

async function main() {
  await bootstrap({ withTests: true });
  const child = spawn(node, [inCheckout('test/bench/main.ts'), ...process.argv.slice(2)], { cwd: checkout, stdio: 'inherit' });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal));
  process.exitCode = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

await runMain(main);
