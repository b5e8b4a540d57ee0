import { expect, test } from 'vitest';
import { inCheckout } from './checkout.mjs';
import { readFileTimes, timesTable } from './suiteTimes.mjs';

const vitestReport = `<?xml version="1.0"?><testsuites name="vitest tests" tests="2" failures="0" errors="0" time="3">
  <testsuite name="server/src/a.test.ts" timestamp="2026" tests="1" failures="0" time="2.5"><testcase classname="server/src/a.test.ts" name="x" time="0.5"/></testsuite>
  <testsuite name="server/src/b.test.ts" tests="1" time="0.25"></testsuite></testsuites>`;
const pytestReport = `<testsuites name="pytest tests"><testsuite name="pytest" tests="3" time="9">
  <testcase classname="tests.test_a" name="one" time="1.5" /><testcase classname="tests.test_b" name="two" time="1"/>
  <testcase classname="tests.test_a" name="three" time="2.0"><failure message="no"/></testcase></testsuite></testsuites>`;
const specs = (...durations: number[]) => [{ tests: [{ results: durations.map((duration) => ({ duration })) }] }];
const playwrightReport = JSON.stringify({
  suites: [
    { file: 'a.spec.ts', specs: specs(1_000, 500), suites: [{ file: 'a.spec.ts', specs: specs(250) }] },
    { file: 'b.spec.ts', specs: specs(2_000) },
  ],
});

test.each([
  ['vitest, hooks among them', 'vitest', vitestReport, { 'server/src/a.test.ts': 2.5, 'server/src/b.test.ts': 0.25 }],
  ['pytest, added up by module', 'junit', pytestReport, { 'tests.test_a': 3.5, 'tests.test_b': 1 }],
  ['Playwright, with tests in groups', 'playwright', playwrightReport, { 'a.spec.ts': 1.75, 'b.spec.ts': 2 }],
  ['a report that was cut short', 'playwright', playwrightReport.slice(0, 40), {}],
] as const)('times of files: %s', (_name, kind, text, times) => {
  expect(Object.fromEntries(readFileTimes(kind, text).map(({ file, seconds }) => [file, seconds]))).toEqual(times);
});

test('the slowest come first, files of less than a second are left out', () => {
  const suite = (name: string, seconds: number, failed = 0) => ({ suite: name, seconds, passed: 3, failed });
  const file = (name: string, seconds: number) => ({ suite: 'unit', file: name, seconds });
  const files = [
    file('quick.test.ts', 0.9),
    file('slow.test.ts', 2),
    file(inCheckout('test/slower.test.ts'), 3.06),
    file('third.test.ts', 1),
  ];
  expect(timesTable([suite('unit', 4), suite('e2e', 100.24, 1)], files, 2)).toEqual([
    'suites',
    '   100.2 s  e2e: 3 passed, 1 failed',
    '     4.0 s  unit: 3 passed',
    'slowest test files',
    '     3.1 s  unit test/slower.test.ts',
    '     2.0 s  unit slow.test.ts',
  ]);
  expect(timesTable([], [file('quick.test.ts', 0.9)])).toEqual(['suites']);
});
