// Everything between a fresh clone and programs that can be started, in the order that waits least: npm packages and the builds that
// need them beside the Python environment (one waits for the network while the other writes to the disk).
import { BUILDS, makeBuilds } from './builds.mjs';
import { all } from './commands.mjs';
import { installNodePackages, requireNode } from './nodePackages.mjs';
import { installOwnPackages, preparePythonEnvironment } from './pythonEnvironment.mjs';

/**
 * Does nothing where all is in place; that takes about 100 ms.
 * @param {{ serverOnly?: boolean, withTests?: boolean }} [options] a server alone needs no Python
 */
export async function bootstrap({ serverOnly = false, withTests = false } = {}) {
  requireNode();
  if (serverOnly) {
    await installNodePackages();
    await makeBuilds([BUILDS.server, BUILDS.web]);
    return;
  }
  const built = installNodePackages().then(() => makeBuilds([BUILDS.server, BUILDS.web, BUILDS.extension]));
  await all([built, preparePythonEnvironment({ withTests })]);
  await installOwnPackages();
}
