// Everything between a fresh clone and programs that can be started, in the order that waits least: npm packages and the Python
// environment load side by side (one waits for the network, the other for the disk), then the builds.
import { BUILDS, makeBuilds } from './builds.mjs';
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
  await all([installNodePackages(), preparePythonEnvironment({ withTests })]);
  await makeBuilds([BUILDS.server, BUILDS.web, BUILDS.extension]);
  await installOwnPackages();
}

/** Waits for every one before it fails, so that nothing goes on working behind an error. @param {Promise<void>[]} works */
async function all(works) {
  const results = await Promise.allSettled(works);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
