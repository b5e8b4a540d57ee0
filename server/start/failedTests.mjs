// Which tests failed and with what words, from the reports of their suites: said once more at the end of a run, where one looks first.
import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, relative } from 'node:path';
import { checkout } from './checkout.mjs';

/**
 * @typedef {import('./suites.mjs').Suite} Suite
 * @typedef {{ file: string, test: string, words: string }} Failure
 */

const LINES = 12; // of the words of one failure
const WIDTH = 400; // characters of one line

/** @param {Suite} suite @returns {string[]} lines; none where the suite has no report of its own */
export function failuresOf({ name, report }) {
  if (report.kind === 'exit' || !existsSync(report.file)) return [];
  return readFailures(report.kind, readFileSync(report.file, 'utf8')).flatMap(({ file, test, words }) => [
    `✗ ${name} ${isAbsolute(file) ? relative(checkout, file) : file} › ${test}`,
    ...plain(words)
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(0, LINES)
      .map((line) => `    ${line.slice(0, WIDTH)}`),
  ]);
}

/**
 * @param {'vitest' | 'junit' | 'playwright'} kind
 * @param {string} text
 * @returns {Failure[]}
 */
export function readFailures(kind, text) {
  try {
    if (kind === 'junit') return readJunit(text);
    return kind === 'vitest' ? readVitest(JSON.parse(text)) : JSON.parse(text).suites.flatMap(readPlaywright);
  } catch {
    return []; // cut short; that the suite failed is said elsewhere
  }
}

/**
 * @typedef {{ status: string, fullName: string, failureMessages: string[] }} Assertion
 * @param {{ testResults: { name: string, status: string, message: string, assertionResults: Assertion[] }[] }} report
 * @returns {Failure[]}
 */
function readVitest({ testResults }) {
  return testResults.flatMap(({ name: file, status, message, assertionResults }) => {
    const failed = assertionResults.filter((one) => one.status === 'failed');
    if (status === 'failed' && failed.length === 0) return [{ file, test: 'the file itself', words: message }];
    return failed.map(({ fullName, failureMessages }) => ({ file, test: fullName, words: failureMessages.join('\n') }));
  });
}

/** @param {string} text @returns {Failure[]} */
function readJunit(text) {
  const attribute = (/** @type {string} */ tag, /** @type {string} */ name) =>
    decode(new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? '');
  return [...text.matchAll(/(<testcase\s[^>]*>)\s*<(?:failure|error)(\s[^>]*)?>/g)].map(([, test = '', failure = '']) => ({
    file: attribute(test, 'classname'),
    test: attribute(test, 'name'),
    words: attribute(failure, 'message'),
  }));
}

/**
 * @typedef {{ status: string, results: { error?: { message?: string } }[] }} PlaywrightTest
 * @typedef {{ file: string, suites?: PlaywrightSuite[], specs?: { title: string, tests: PlaywrightTest[] }[] }} PlaywrightSuite
 * @param {PlaywrightSuite} suite
 * @returns {Failure[]} flaky ones among them, since each of them is a fault that has not been found
 */
function readPlaywright({ file, suites = [], specs = [] }) {
  const own = specs.flatMap(({ title, tests }) =>
    tests
      .filter(({ status }) => status === 'unexpected' || status === 'flaky')
      .map(({ status, results }) => ({
        file,
        test: status === 'flaky' ? `${title} (passed when it was asked again)` : title,
        words: results.find(({ error }) => error)?.error?.message ?? '',
      })),
  );
  return [...own, ...suites.flatMap(readPlaywright)];
}

/** @param {string} words */
const plain = (words) => words.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g'), '');

/** @type {Record<string, string>} */
const ENTITIES = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/** @param {string} text */
const decode = (text) =>
  text.replaceAll(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hex, named) => {
    if (named) return ENTITIES[named] ?? whole;
    return String.fromCodePoint(decimal ? Number(decimal) : Number.parseInt(hex, 16));
  });
