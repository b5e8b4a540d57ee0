// What is built from the sources, each again only when what it is made from has changed. Stamps lie in .build/, beside nothing else.
import { existsSync, rmSync } from 'node:fs';
import { inCheckout, node } from './checkout.mjs';
import { all, run } from './commands.mjs';
import { step } from './progress.mjs';
import { clearStamp, digestOf, isFresh, writeStamp } from './stamps.mjs';

/**
 * @typedef {{ name: string, title: string, sources: string[], outputs: string[], command: [string, ...string[]] }} Build
 * `outputs` are files that must be there afterwards
 */

/** @type {Record<'server' | 'web' | 'extension', Build>} */
export const BUILDS = {
  server: {
    name: 'server',
    title: 'server',
    sources: ['schema/src', 'schema/package.json', 'server/src', 'server/package.json', 'server/build.mjs', 'package-lock.json'],
    outputs: ['cellkeep-server', 'cellkeep-host', 'cellkeep-scorer', 'cellkeep-batch'].map((name) => `server/dist/${name}.mjs`),
    command: [node, 'server/build.mjs'],
  },
  web: {
    name: 'web',
    title: 'server UI',
    sources: ['schema/src', 'schema/package.json', 'server/web', 'package-lock.json'],
    outputs: ['server/dist/web/index.html'],
    command: [node, 'server/web/build.mjs'],
  },
  extension: {
    name: 'extension',
    title: 'JupyterLab extension',
    sources: ['schema/src', 'schema/package.json', 'server/web', 'extension', 'package-lock.json'],
    outputs: ['extension/cellkeep_jupyterlab/labextension/package.json'],
    command: ['npm', 'run', '--silent', '-w', 'extension', 'build'],
  },
};

/** @param {Build[]} builds run side by side: each uses about one core */
export async function makeBuilds(builds) {
  await all(builds.map(makeBuild));
}

/** @param {Build} build */
async function makeBuild(build) {
  const stamp = inCheckout(`.build/stamps/${build.name}`);
  const digest = digestOf(build.sources);
  if (isFresh(stamp, digest) && build.outputs.every((output) => existsSync(inCheckout(output)))) return;
  await step(build.title, async () => {
    clearStamp(stamp);
    for (const output of build.outputs) rmSync(inCheckout(output), { force: true });
    const [command, ...args] = build.command;
    await run(command, args, { doing: `building the ${build.title}` });
  });
  writeStamp(stamp, digest);
}
