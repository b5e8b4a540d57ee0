// `npm test`: brings everything that the tests need, runs everything, and closes with the line "N passed, N failed".
// npm test -- --only unit|bridge|faults|e2e|wheels   runs one group; further words choose test files by their path.
import { parseArgs } from 'node:util';
import { bootstrap } from './bootstrap.mjs';
import { requireChromium } from './browser.mjs';
import { endCommands } from './commands.mjs';
import { clearWhereLarge } from './compiledOnce.mjs';
import { runMain, say, seconds, step } from './progress.mjs';
import { endSuites, runSuites } from './runSuites.mjs';
import { GROUPS, SUITES } from './suites.mjs';
import { timesTable } from './suiteTimes.mjs';

/** @typedef {import('./suites.mjs').Group} Group */

async function main() {
  const asked = readArgs();
  if (!asked) return;
  const { only, filter } = asked;
  const since = performance.now();
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      endCommands();
      endSuites();
      process.exitCode = 130;
    });
  }
  await bootstrap({ withTests: true });
  const needsBrowser = !only || only === 'e2e' || only === 'wheels';
  /** @type {Record<string, string>} */
  const env = needsBrowser ? { CELLKEEP_CHROMIUM: await step('Chromium', requireChromium) } : {};
  clearWhereLarge();
  const suites = SUITES.filter((suite) => (!only || suite.group === only) && (filter.length === 0 || suite.report.kind !== 'exit'));
  const { passed, failed, skipped, suites: times, files, failures } = await runSuites(suites, { filter, env });
  const nothing = passed + failed === 0;
  if (nothing) say(`no test matches ${filter.join(' ')}`);
  for (const line of timesTable(times, files)) say(line);
  for (const line of failures) say(line);
  say(`in ${seconds(since)}`);
  process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
  if (failed > 0 || nothing) process.exitCode = 1;
}

/** @returns {{ only: Group | undefined, filter: string[] } | null} */
function readArgs() {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: { only: { type: 'string' } } });
    const only = GROUPS.find((group) => group === values.only);
    if (values.only !== undefined && !only) throw new Error(`--only '${values.only}' is no group; choose one of ${GROUPS.join(', ')}`);
    return { only, filter: positionals };
  } catch (error) {
    say(`cellkeep: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 2;
    return null;
  }
}

await runMain(main);
