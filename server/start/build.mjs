// `npm run build`: what other machines install, in dist/: the wheels of the bridge and of the JupyterLab extension (with its built front
// end inside), and the server as a tarball with its bin.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { inCheckout, python } from './checkout.mjs';
import { run } from './commands.mjs';
import { runMain, say, step } from './progress.mjs';
import { packServer } from './serverTarball.mjs';

const DIST = inCheckout('dist');
const OURS = /^cellkeep.*\.(whl|tgz)$/;

async function main() {
  await bootstrap();
  mkdirSync(DIST, { recursive: true });
  for (const name of readdirSync(DIST)) if (OURS.test(name)) rmSync(join(DIST, name));
  await step('wheel of the kernel bridge', () => wheel('kernel-bridge'));
  await step('wheel of the JupyterLab extension', () => wheel('extension'));
  await step('server tarball', () => packServer(DIST));
  for (const name of readdirSync(DIST)) if (OURS.test(name)) say(`  dist/${name}`);
}

/** @param {string} folder */
function wheel(folder) {
  const args = ['-m', 'build', '--wheel', '--no-isolation', '--outdir', DIST, inCheckout(folder)];
  return run(python, args, { doing: `building the wheel of ${folder}` });
}

await runMain(main);
