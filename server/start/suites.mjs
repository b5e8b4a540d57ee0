// Everything that `npm test` runs: which program, in which group (--only), and where its machine-readable report lies.
import { readdirSync } from 'node:fs';
import { inCheckout, node, python } from './checkout.mjs';

/**
 * @typedef {'unit' | 'faults' | 'bridge' | 'conformance' | 'e2e' | 'wheels'} Group
 * @typedef {object} Suite
 * @property {string} name shown before each of its lines
 * @property {Group} group
 * @property {string} command
 * @property {(filter: string[]) => string[]} args
 * @property {string} [cwd] relative to the checkout
 * @property {Record<string, string>} [env]
 * @property {{ kind: 'exit' } | { kind: 'junit' | 'playwright', file: string } | { kind: 'vitest', file: string, times: string }} report
 *   `exit`: the whole suite counts as one test
 * @property {boolean} [fast] part of `npm run check`
 * @property {boolean} [alone] waits for a quiet machine, since it watches timeouts, kills processes or drives a browser: when all others have
 *   ended, two of these run side by side
 * @property {boolean} [fillsQuiet] computes, and watches no time: it runs beside those that are `alone`, at the lowest priority, on what they
 *   leave while they wait
 */

/** @type {Group[]} */
export const GROUPS = ['unit', 'bridge', 'conformance', 'faults', 'e2e', 'wheels'];

const bin = (/** @type {string} */ name) => inCheckout(`node_modules/.bin/${name}`);
const reportFile = (/** @type {string} */ name) => inCheckout(`test-results/${name}`);
const tool = (/** @type {string} */ name) => inCheckout(`.venv/bin/${name}`);

/**
 * The native compiler needs a quarter of the processor time of the one in JavaScript, which dependency-cruiser reads with and whose `tsc`
 * may be the one in .bin. A second checker would repeat a half of what the first has done, beside suites that wait for the cores.
 */
const tsc = [inCheckout('node_modules/typescript-native/bin/tsc'), '--checkers', '1'];

/** @param {string} name @param {string} command @param {string[]} args @param {Partial<Suite>} [also] @returns {Suite} */
const single = (name, command, args, also = {}) => ({ name, group: 'unit', command, args: () => args, report: { kind: 'exit' }, ...also });

/** @param {string} project of test/vitest.config.ts @param {Group} group @param {Partial<Suite>} [also] @returns {Suite} */
const vitest = (project, group, also = {}) => {
  const file = reportFile(`vitest-${project}.json`);
  const times = reportFile(`vitest-${project}.xml`);
  const reporters = [
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
    '--reporter=junit',
    `--outputFile.junit=${times}`,
  ];
  return {
    name: project,
    group,
    command: node,
    args: (filter) => [bin('vitest'), 'run', '--config', 'test/vitest.config.ts', '--project', project, ...reporters, ...filter],
    report: { kind: 'vitest', file, times },
    ...also,
  };
};

/** @param {string} name @param {string} folder @param {Group} [group] @param {string[]} [only] words for pytest @returns {Suite} */
const pytest = (name, folder, group = 'bridge', only = []) => {
  const file = reportFile(`pytest-${name}.xml`);
  // A plugin that takes seconds to load, with all that belongs to it, and that one suite uses.
  const plugins = name === 'openapi' ? [] : ['-p', 'no:schemathesis'];
  return {
    name,
    group,
    command: python,
    args: (filter) => ['-m', 'pytest', '-q', ...plugins, `--junitxml=${file}`, ...only, ...filter.flatMap((word) => ['-k', word])],
    cwd: folder,
    report: { kind: 'junit', file },
  };
};

/** @param {'server-ui' | 'jupyterlab'} project of test/playwright.config.ts @returns {Suite} */
const browser = (project) => {
  const file = reportFile(`e2e-${project}.json`);
  const words = [
    'test',
    '--config',
    'test/playwright.config.ts',
    `--project=${project}`,
    '--output',
    inCheckout(`test-results/e2e-${project}`),
  ];
  return {
    name: project,
    group: 'e2e',
    command: node,
    args: (filter) => [bin('playwright'), ...words, ...filter],
    env: { CELLKEEP_REPORT: file },
    report: { kind: 'playwright', file },
    alone: true,
  };
};

/** Tests of the bridge that execute notebooks and histories once more: a third of its time, so that the two halves run side by side. */
const MADE_AGAIN = readdirSync(inCheckout('kernel-bridge/tests'))
  .filter((name) => /^test_(verify|slice|hidden_state).*\.py$/.test(name))
  .map((name) => `tests/${name}`);

const fills = { fillsQuiet: true };

/** @type {Suite[]} */
export const SUITES = [
  // The long ones before the short ones, which then fill what is left of either side.
  pytest(
    'bridge',
    'kernel-bridge',
    'bridge',
    MADE_AGAIN.map((file) => `--ignore=${file}`),
  ),
  vitest('postgres', 'unit'),
  pytest('made-again', 'kernel-bridge', 'bridge', MADE_AGAIN),
  // Questions made up from our own document, and the real client of MLflow.
  pytest('openapi', 'test/openapi', 'conformance'),
  // It waits for registries and for the disk more than it computes. It is not beside `start`, whose bundle of the server it builds once more.
  vitest('wheels', 'wheels'),
  pytest('mlflow', 'test/conformance', 'conformance'),
  vitest('unit', 'unit', { fast: true }),
  pytest('proxy', 'extension'),
  single('types', node, [...tsc, '-p', '.'], { fast: true, ...fills }),
  single('types of start', node, [...tsc, '-p', 'server/start'], { fast: true, ...fills }),
  single('lint', bin('biome'), ['check', '.'], { fast: true, ...fills }),
  single('direction', node, [bin('depcruise'), 'schema', 'server/src', 'server/web', 'extension', '--config', '.dependency-cruiser.cjs'], {
    fast: true,
    ...fills,
  }),
  single('ruff', tool('ruff'), ['check', 'kernel-bridge', 'extension', 'test'], { group: 'bridge', ...fills }),
  single('ruff format', tool('ruff'), ['format', '--check', 'kernel-bridge', 'extension', 'test'], { group: 'bridge', ...fills }),
  single('mypy bridge', python, ['-m', 'mypy'], { group: 'bridge', cwd: 'kernel-bridge', ...fills }),
  single('mypy extension', python, ['-m', 'mypy'], { group: 'bridge', cwd: 'extension', ...fills }),
  // Those that wait for kernels, and for what they have killed, beside the one that draws.
  browser('server-ui'),
  browser('jupyterlab'),
  vitest('faults', 'faults', { alone: true }),
  vitest('start', 'faults', { alone: true }),
];
