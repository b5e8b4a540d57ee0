// Runs suites, three side by side where they do not disturb each other, shows their lines as they come, and counts from their reports. A
// suite that crashes, or that reports no tests, has failed: silence is not success.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { inCheckout } from './checkout.mjs';
import { COMPILED_ONCE } from './compiledOnce.mjs';
import { failuresOf } from './failedTests.mjs';
import { say, seconds } from './progress.mjs';
import { fileTimesOf } from './suiteTimes.mjs';

/** @typedef {import('./suites.mjs').Suite} Suite */
/** @typedef {import('./suiteTimes.mjs').SuiteTime} SuiteTime */
/** @typedef {import('./suiteTimes.mjs').FileTime} FileTime */
/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

const SIDE_BY_SIDE = 3; // on the two cores of the smallest machine that we mean to serve: with two, a half of them had nothing to do
const QUIET_SIDE_BY_SIDE = 2;

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
let isEnding = false;

export function endSuites() {
  isEnding = true;
  for (const child of running) child.kill('SIGTERM');
}

/**
 * @param {Suite[]} suites
 * @param {{ filter?: string[], env?: Record<string, string> }} [options]
 * @returns {Promise<Counts & { suites: SuiteTime[], files: FileTime[], failures: string[] }>} `failures`: lines, as each suite tells them
 */
export async function runSuites(suites, options = {}) {
  /** @type {Counts} */
  const total = { passed: 0, failed: 0, skipped: 0 };
  /** @type {SuiteTime[]} */
  const times = [];
  /** @type {FileTime[]} */
  const files = [];
  /** @type {string[]} */
  const failures = [];
  const runOne = async (/** @type {Suite} */ suite, lowest = false) => {
    const since = performance.now();
    const counts = await runSuite(suite, options, lowest);
    times.push({ suite: suite.name, seconds: (performance.now() - since) / 1000, passed: counts.passed, failed: counts.failed });
    files.push(...fileTimesOf(suite));
    failures.push(...failuresOf(suite));
    for (const key of /** @type {const} */ (['passed', 'failed', 'skipped'])) total[key] += counts[key];
  };
  const quiet = suites.filter(({ alone }) => alone);
  const fills = suites.filter(({ fillsQuiet }) => fillsQuiet && quiet.length > 0);
  const lanes = async (/** @type {Suite[]} */ waiting, /** @type {number} */ count, lowest = false) => {
    const lane = async () => {
      for (let suite = waiting.shift(); suite && !isEnding; suite = waiting.shift()) await runOne(suite, lowest);
    };
    await Promise.all(Array.from({ length: count }, lane));
  };
  await lanes(
    suites.filter((suite) => !suite.alone && !fills.includes(suite)),
    SIDE_BY_SIDE,
  );
  await Promise.all([lanes(quiet, QUIET_SIDE_BY_SIDE), lanes(fills, 1, true)]);
  return { ...total, suites: times, files, failures };
}

/**
 * @param {Suite} suite
 * @param {{ filter?: string[], env?: Record<string, string> }} options
 * @param {boolean} lowest of priorities
 * @returns {Promise<Counts>}
 */
async function runSuite(suite, { filter = [], env = {} }, lowest) {
  const since = performance.now();
  if (suite.report.kind !== 'exit') {
    mkdirSync(dirname(suite.report.file), { recursive: true });
    rmSync(suite.report.file, { force: true }); // an old report must not speak for this run
    if (suite.report.kind === 'vitest') rmSync(suite.report.times, { force: true });
  }
  const code = await stream(suite, filter, env, lowest);
  const counts = countsOf(suite, code, filter);
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
  say(`${counts.failed > 0 ? '✗' : '✓'} ${suite.name}: ${counts.passed} passed, ${counts.failed} failed${skipped} (${seconds(since)})`);
  return counts;
}

/**
 * @param {Suite} suite
 * @param {string[]} filter
 * @param {Record<string, string>} env
 * @param {boolean} lowest
 * @returns {Promise<number | null>}
 */
function stream(suite, filter, env, lowest) {
  return new Promise((resolve) => {
    const child = spawn(suite.command, suite.args(filter), {
      cwd: inCheckout(suite.cwd ?? '.'),
      env: { ...process.env, FORCE_COLOR: undefined, ...COMPILED_ONCE, ...env, ...suite.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    if (lowest && child.pid) setPriority(child.pid, constants.priority.PRIORITY_LOW);
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', (line) => say(`${suite.name} │ ${line}`));
    }
    child.on('error', (error) => {
      running.delete(child);
      say(`${suite.name} │ ${error.message}`);
      resolve(null);
    });
    child.on('close', (code) => {
      running.delete(child);
      resolve(code);
    });
  });
}

/**
 * @param {Suite} suite
 * @param {number | null} code null where it crashed
 * @param {string[]} filter with one, a suite in which nothing matches is no failure
 * @returns {Counts}
 */
export function countsOf(suite, code, filter) {
  if (suite.report.kind === 'exit') return code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
  const { kind, file } = suite.report;
  const counts = existsSync(file) ? readReport(kind, readFileSync(file, 'utf8')) : null;
  if (!counts) return { passed: 0, failed: filter.length > 0 && code !== null ? 0 : 1, skipped: 0 };
  const reported = counts.passed + counts.failed + counts.skipped;
  if (reported === 0 && filter.length > 0) return counts;
  // A file that could not be loaded, or a crash after the report, shows in the exit code alone.
  if (counts.failed === 0 && (code !== 0 || reported === 0)) return { ...counts, failed: 1 };
  return counts;
}

/**
 * @param {'vitest' | 'junit' | 'playwright'} kind
 * @param {string} text
 * @returns {Counts | null} null where the report is cut short
 */
export function readReport(kind, text) {
  try {
    if (kind === 'junit') return readJunit(text);
    const report = JSON.parse(text);
    if (kind === 'vitest')
      return { passed: report.numPassedTests, failed: report.numFailedTests, skipped: report.numPendingTests + report.numTodoTests };
    const { expected, unexpected, flaky, skipped } = report.stats;
    if (flaky > 0) say(`  flaky: ${flaky} passed only when they were asked again`);
    return { passed: expected + flaky, failed: unexpected, skipped };
  } catch {
    return null;
  }
}

/** @param {string} text @returns {Counts | null} */
function readJunit(text) {
  const [suite] = /<testsuite\s[^>]*>/.exec(text) ?? [];
  if (!suite) return null;
  const number = (/** @type {string} */ name) => Number(new RegExp(`\\s${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  const failed = number('failures') + number('errors');
  const skipped = number('skipped');
  return { passed: number('tests') - failed - skipped, failed, skipped };
}
