// `npm run check`: types, lint and format, direction of dependence, unit tests; what to run before each commit.
import { installNodePackages, requireNode } from './nodePackages.mjs';
import { runMain, say, seconds } from './progress.mjs';
import { runSuites } from './runSuites.mjs';
import { SUITES } from './suites.mjs';

async function main() {
  const since = performance.now();
  requireNode();
  await installNodePackages();
  const { passed, failed } = await runSuites(SUITES.filter(({ fast }) => fast));
  say(`in ${seconds(since)}`);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  if (failed > 0) process.exitCode = 1;
}

await runMain(main);
