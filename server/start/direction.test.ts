// Each rule of .dependency-cruiser.cjs, proved by a planted violation and by its lawful neighbour.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { afterEach, beforeEach, expect, test } from 'vitest';

const config = createRequire(import.meta.url)('../../.dependency-cruiser.cjs');

let tree: string;
beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'cellkeep-direction-'));
});
afterEach(() => rmSync(tree, { recursive: true }));

/** Files that import each other as the arrows say; gives the rules that are broken. */
async function broken(...arrows: string[]): Promise<string[]> {
  const imports = new Map<string, string[]>();
  for (const arrow of arrows) {
    const [from = '', to = ''] = arrow.split(' → ');
    imports.set(from, [...(imports.get(from) ?? []), to]);
    imports.set(to, imports.get(to) ?? []);
  }
  for (const [file, targets] of imports) {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    const lines = targets.map((target) => `import '${relative(dirname(file), target).replace(/^(?!\.)/, './')}';\n`);
    writeFileSync(join(tree, file), `${lines.join('')}export {};\n`);
  }
  const { output } = await cruise(['.'], { ...config.options, ruleSet: { forbidden: config.forbidden }, validate: true, baseDir: tree });
  return [...new Set((output as ICruiseResult).summary.violations.map((violation) => violation.rule.name))].sort();
}

test.each([
  ['schema-imports-nothing-of-ours', 'schema/src/index.ts → server/src/core/blobs.ts'],
  ['contracts-never-import-tables', 'schema/src/tracking/contract.ts → schema/src/tracking/tables.ts'],
  ['core-imports-no-room', 'server/src/core/events.ts → server/src/tracking/index.ts'],
  ['rooms-never-import-main', 'server/src/tracking/router.ts → server/src/main.ts'],
  ['rooms-never-import-main', 'server/src/tracking/router.ts → server/src/http/app.ts'],
  ['rooms-only-through-index', 'server/src/tracking/router.ts → server/src/design/sessions.ts'],
  ['design-only-upstream', 'server/src/design/router.ts → server/src/tracking/index.ts'],
  ['collection-only-upstream', 'server/src/collection/router.ts → server/src/monitoring/index.ts'],
  ['deployment-only-upstream', 'server/src/deployment/router.ts → server/src/monitoring/index.ts'],
  ['across-imports-no-room', 'server/src/access/router.ts → server/src/tracking/index.ts'],
  ['rooms-never-import-pipelines', 'server/src/monitoring/router.ts → server/src/pipelines/index.ts'],
  ['main-imports-no-cli', 'server/src/main.ts → server/src/cli/serve.ts'],
  ['nothing-imports-adapters', 'server/src/tracking/router.ts → server/src/mlflow/index.ts'],
  ['web-imports-only-contracts', 'server/web/App.tsx → server/src/core/live.ts'],
  ['web-imports-only-contracts', 'server/web/App.tsx → extension/src/index.ts'],
  ['extension-imports-only-views-and-contracts', 'extension/src/index.ts → server/src/core/live.ts'],
  ['server-imports-no-views', 'server/src/main.ts → server/web/App.tsx'],
])('%s stops %s', async (rule, arrow) => {
  expect(await broken(arrow)).toContain(rule);
});

test('tables-never-reach-browsers stops a way through a third file', async () => {
  expect(await broken('server/web/App.tsx → schema/src/tracking/run.ts', 'schema/src/tracking/run.ts → schema/src/tables.ts')).toContain(
    'tables-never-reach-browsers',
  );
});

test('no-circles stops two files that import each other', async () => {
  expect(await broken('server/web/a.ts → server/web/b.ts', 'server/web/b.ts → server/web/a.ts')).toEqual(['no-circles']);
});

test('the lawful directions break no rule', async () => {
  const lawful = [
    'schema/src/tracking/tables.ts → schema/src/tracking/run.ts',
    'server/src/core/db.ts → schema/src/tables.ts',
    'server/src/tracking/router.ts → server/src/core/db.ts',
    'server/src/tracking/router.ts → server/src/design/index.ts',
    'server/src/tracking/router.ts → server/src/access/index.ts',
    'server/src/pipelines/router.ts → server/src/monitoring/index.ts',
    'server/src/main.ts → server/src/tracking/router.ts',
    'server/src/cli/serve.ts → server/src/main.ts',
    'server/web/App.tsx → schema/src/tracking/contract.ts',
    'extension/src/index.ts → server/web/App.tsx',
  ];
  expect(await broken(...lawful)).toEqual([]);
});
