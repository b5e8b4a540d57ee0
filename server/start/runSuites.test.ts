import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { countsOf, readReport, runSuites } from './runSuites.mjs';
import type { Suite } from './suites.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cellkeep-suites-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const suite = (report: Suite['report']): Suite => ({ name: 's', group: 'unit', command: 'true', args: () => [], report });
const vitestReport = (passed: number, failed: number, pending = 0) =>
  JSON.stringify({ numPassedTests: passed, numFailedTests: failed, numPendingTests: pending, numTodoTests: 0 });

test.each([
  ['vitest', vitestReport(3, 1, 2), { passed: 3, failed: 1, skipped: 2 }],
  ['playwright', '{"stats":{"expected":4,"unexpected":1,"flaky":1,"skipped":0}}', { passed: 5, failed: 1, skipped: 0 }],
  [
    'junit',
    '<?xml version="1.0"?><testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="10" time="1.5">',
    { passed: 4, failed: 3, skipped: 3 },
  ],
] as const)('a report of %s is counted', (kind, text, counts) => {
  expect(readReport(kind, text)).toEqual(counts);
});

test('a report that was cut short counts as none', () => {
  expect(readReport('vitest', '{"numPassedTests": 3')).toBeNull();
});

test.each([
  ['a suite that passes', vitestReport(2, 0), 0, [], { passed: 2, failed: 0, skipped: 0 }],
  ['a file that cannot be loaded', vitestReport(2, 0), 1, [], { passed: 2, failed: 1, skipped: 0 }],
  ['a crash before the report', null, null, [], { passed: 0, failed: 1, skipped: 0 }],
  ['no report', null, 0, [], { passed: 0, failed: 1, skipped: 0 }],
  ['no tests', vitestReport(0, 0), 0, [], { passed: 0, failed: 1, skipped: 0 }],
  ['a filter that matches nothing here', vitestReport(0, 0), 1, ['other'], { passed: 0, failed: 0, skipped: 0 }],
  ['a crash with a filter', null, null, ['other'], { passed: 0, failed: 1, skipped: 0 }],
])('%s', (_name, report, code, filter, counts) => {
  const file = join(folder, 'report.json');
  if (report !== null) writeFileSync(file, report);
  expect(countsOf(suite({ kind: 'vitest', file, times: '' }), code, filter)).toEqual(counts);
});

test('a tool without tests counts as one', () => {
  expect([countsOf(suite({ kind: 'exit' }), 0, []), countsOf(suite({ kind: 'exit' }), 2, [])]).toEqual([
    { passed: 1, failed: 0, skipped: 0 },
    { passed: 0, failed: 1, skipped: 0 },
  ]);
});

test('of those that wait for quiet two run side by side, the others after them, and all when nothing else runs', async () => {
  const sees = (name: string, own: string, other: string) =>
    `const fs = require('fs'); const at = (x) => '${folder}/' + x;
     if (!fs.existsSync(at('other has ended'))) process.exit(1);
     fs.writeFileSync(at('${own}'), ''); const until = Date.now() + 10_000;
     while (!fs.existsSync(at('${other}'))) if (Date.now() > until) process.exit(1);
     fs.writeFileSync(at('${name} has ended'), '');`;
  const program = (name: string, text: string, also: Partial<Suite> = { alone: true }): Suite => ({
    ...suite({ kind: 'exit' }),
    name,
    command: process.execPath,
    args: () => ['-e', text],
    ...also,
  });
  const last = `const fs = require('fs'); process.exit(['one has ended', 'two has ended'].some((x) => fs.existsSync('${folder}/' + x)) ? 0 : 1);`;
  const counts = await runSuites([
    program('one', sees('one', '1', '2')),
    program('two', sees('two', '2', '1')),
    program('last', last),
    program('other', `require('fs').writeFileSync('${folder}/other has ended', '')`, {}),
  ]);
  expect(counts).toMatchObject({ passed: 4, failed: 0 });
});

test('what only computes runs at the lowest priority beside those that wait for quiet, and like any other where there are none', async () => {
  const program = (name: string, waitsFor: string, also: Partial<Suite>): Suite => ({
    ...suite({ kind: 'exit' }),
    name,
    command: process.execPath,
    args: () => ['-e', `const fs = require('fs'), os = require('os'); setInterval(() => { if (${waitsFor}) process.exit(0); }, 20);`],
    ...also,
  });
  const low = `os.getPriority() === ${constants.priority.PRIORITY_LOW}`;
  const says = `fs.writeFileSync('${folder}/computes', '') === undefined`;
  const computes = program('computes', `${low} && ${says}`, { fillsQuiet: true });
  const quiet = program('quiet', `fs.existsSync('${folder}/computes')`, { alone: true });
  expect(await runSuites([computes, quiet])).toMatchObject({ passed: 2, failed: 0 });
  expect(await runSuites([program('computes', `!(${low})`, { fillsQuiet: true })])).toMatchObject({ passed: 1, failed: 0 });
});
