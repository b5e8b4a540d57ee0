// Where the time of a run went: seconds of each suite, and the slowest test files, so that one that grows is seen before it is felt.
import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, relative } from 'node:path';
import { checkout } from './checkout.mjs';

/**
 * @typedef {import('./suites.mjs').Suite} Suite
 * @typedef {{ suite: string, seconds: number, passed: number, failed: number }} SuiteTime
 * @typedef {{ suite: string, file: string, seconds: number }} FileTime
 */

/** Hooks count, since what a file makes for its tests is often the slow part of it. @param {Suite} suite @returns {FileTime[]} */
export function fileTimesOf({ name, report }) {
  if (report.kind === 'exit') return [];
  const file = report.kind === 'vitest' ? report.times : report.file;
  if (!existsSync(file)) return [];
  return readFileTimes(report.kind, readFileSync(file, 'utf8')).map((time) => ({ suite: name, ...time }));
}

/**
 * @param {'vitest' | 'junit' | 'playwright'} kind
 * @param {string} text vitest's times are its JUnit report: its JSON leaves hooks out
 * @returns {{ file: string, seconds: number }[]}
 */
export function readFileTimes(kind, text) {
  try {
    if (kind === 'playwright') return readPlaywright(JSON.parse(text));
    return kind === 'vitest' ? readElements(text, 'testsuite', 'name') : readElements(text, 'testcase', 'classname');
  } catch {
    return []; // cut short; that the suite failed is said elsewhere
  }
}

/** Adds up the times of all elements that have the same name. @param {string} text @param {string} element @param {string} named */
function readElements(text, element, named) {
  /** @type {Map<string, number>} */
  const found = new Map();
  for (const [tag] of text.matchAll(new RegExp(`<${element}\\s[^>]*>`, 'g'))) {
    const name = new RegExp(`\\s${named}="([^"]*)"`).exec(tag)?.[1];
    if (name) found.set(name, (found.get(name) ?? 0) + Number(/\stime="([\d.]+)"/.exec(tag)?.[1] ?? 0));
  }
  return [...found].map(([file, seconds]) => ({ file, seconds }));
}

/**
 * @typedef {{ file: string, suites?: PlaywrightSuite[], specs?: { tests: { results: { duration: number }[] }[] }[] }} PlaywrightSuite
 * @param {{ suites: PlaywrightSuite[] }} report
 */
function readPlaywright(report) {
  const msOf = (/** @type {PlaywrightSuite} */ { suites = [], specs = [] }) => {
    const results = specs.flatMap(({ tests }) => tests.flatMap((test) => test.results));
    /** @type {number} */
    let ms = results.reduce((sum, { duration }) => sum + duration, 0);
    for (const suite of suites) ms += msOf(suite);
    return ms;
  };
  /** @type {Map<string, number>} */
  const found = new Map(); // a file stands once for each project
  for (const suite of report.suites) found.set(suite.file, (found.get(suite.file) ?? 0) + msOf(suite) / 1000);
  return [...found].map(([file, seconds]) => ({ file, seconds }));
}

/**
 * @param {SuiteTime[]} suites
 * @param {FileTime[]} files
 * @param {number} [most] files that are named
 * @returns {string[]} lines
 */
export function timesTable(suites, files, most = 10) {
  const line = (/** @type {number} */ seconds, /** @type {string} */ text) => `${seconds.toFixed(1).padStart(8)} s  ${text}`;
  const lines = suites
    .toSorted((a, b) => b.seconds - a.seconds)
    .map(({ suite, seconds, passed, failed }) => line(seconds, `${suite}: ${passed} passed${failed > 0 ? `, ${failed} failed` : ''}`));
  const slowest = files
    .filter(({ seconds }) => seconds >= 1)
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, most)
    .map(({ suite, file, seconds }) => line(seconds, `${suite} ${isAbsolute(file) ? relative(checkout, file) : file}`));
  return ['suites', ...lines, ...(slowest.length > 0 ? ['slowest test files', ...slowest] : [])];
}
