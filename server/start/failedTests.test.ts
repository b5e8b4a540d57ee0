import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inCheckout } from './checkout.mjs';
import { failuresOf, readFailures } from './failedTests.mjs';

const vitestReport = JSON.stringify({
  testResults: [
    {
      name: inCheckout('server/src/a.test.ts'),
      status: 'failed',
      message: '',
      assertionResults: [
        { status: 'passed', fullName: 'one', failureMessages: [] },
        { status: 'failed', fullName: 'two', failureMessages: ['\u001b[31mexpected 1\u001b[39m\n\n    at a.test.ts:3'] },
      ],
    },
    { name: inCheckout('server/src/b.test.ts'), status: 'failed', message: 'cannot be loaded', assertionResults: [] },
  ],
});
const pytestReport = `<testsuites><testsuite name="pytest" tests="3" failures="1" errors="1">
  <testcase classname="tests.test_a" name="one" time="1" /><testcase classname="tests.test_a" name="two[&lt;x&gt;]" time="1"><failure message="assert 1 == 2&#10; + where">E</failure></testcase>
  <testcase classname="tests.test_b" name="three"><error message="failed on setup">E</error></testcase></testsuite></testsuites>`;
const specOf = (title: string, status: string, ...messages: string[]) => ({
  title,
  tests: [{ status, results: [...messages.map((message) => ({ error: { message } })), {}] }],
});
const playwrightReport = JSON.stringify({
  suites: [
    {
      file: 'a.spec.ts',
      specs: [specOf('passes', 'expected')],
      suites: [{ file: 'a.spec.ts', specs: [specOf('fails', 'unexpected', 'no'), specOf('twice', 'flaky', 'late')] }],
    },
  ],
});

test.each([
  ['vitest', vitestReport, ['two', 'the file itself'], 'cannot be loaded'],
  ['junit', pytestReport, ['two[<x>]', 'three'], 'failed on setup'],
  ['playwright', playwrightReport, ['fails', 'twice (passed when it was asked again)'], 'late'],
] as const)('what failed by a report of %s', (kind, text, names, words) => {
  const failures = readFailures(kind, text);
  expect(failures.map((failure) => failure.test)).toEqual(names);
  expect(failures.at(-1)?.words).toBe(words);
});

test('a report that was cut short names nothing', () => {
  expect(readFailures('vitest', vitestReport.slice(0, 60))).toEqual([]);
});

test('each failure is a line with its first words below it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cellkeep-failed-'));
  const file = join(folder, 'report.json');
  writeFileSync(file, vitestReport);
  const suite = { name: 'postgres', group: 'unit', command: 'true', args: () => [], report: { kind: 'vitest', file, times: '' } } as const;
  expect(failuresOf(suite)).toEqual([
    '✗ postgres server/src/a.test.ts › two',
    '    expected 1',
    '        at a.test.ts:3',
    '✗ postgres server/src/b.test.ts › the file itself',
    '    cannot be loaded',
  ]);
  rmSync(folder, { recursive: true });
});
