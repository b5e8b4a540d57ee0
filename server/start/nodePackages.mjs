// npm packages, and with them the pinned Node that everything else runs under.
import { existsSync, readFileSync } from 'node:fs';
import { inCheckout, node } from './checkout.mjs';
import { capture, run } from './commands.mjs';
import { PlainError, step } from './progress.mjs';

const OLDEST_NODE = 20;

export function requireNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < OLDEST_NODE) {
    throw new PlainError(`Node ${process.versions.node} is too old: install Node ${OLDEST_NODE} or later, then run the command again`);
  }
}

export async function installNodePackages() {
  if (!matchesLockFile()) {
    await step('npm packages', async () => {
      // Browsers come from the system (see browser.mjs), libraries for CUDA from nowhere; development packages hold the builders and the
      // pinned Node, so they are needed also where NODE_ENV says production, and install scripts also where the user's npm leaves them out.
      const env = { PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1', ONNXRUNTIME_NODE_INSTALL: 'skip', NODE_ENV: undefined };
      await run('npm', ['ci', '--include=dev', '--ignore-scripts=false', '--no-audit', '--no-fund', '--loglevel=error'], {
        env,
        doing: 'npm ci',
      });
    });
  }
  const version = await capture(node, ['--version']);
  if (version.code !== 0)
    throw new PlainError('the pinned Node in node_modules does not run: remove node_modules, then run the command again');
}

/**
 * npm keeps a copy of what it has installed in node_modules/.package-lock.json, written last. Comparing it with package-lock.json also
 * accepts what `npm install` did, which a stamp of our own would not, and takes 10 ms.
 */
export function matchesLockFile(wanted = inCheckout('package-lock.json'), installed = inCheckout('node_modules/.package-lock.json')) {
  if (!existsSync(installed)) return false;
  const have = JSON.parse(readFileSync(installed, 'utf8')).packages;
  for (const [path, entry] of Object.entries(JSON.parse(readFileSync(wanted, 'utf8')).packages)) {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) continue;
    const found = have[path];
    if (!found) {
      if (entry.optional || entry.devOptional || entry.peer) continue; // for another platform
      return false;
    }
    if (found.version !== entry.version || found.integrity !== entry.integrity) return false;
  }
  return true;
}
