import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { clearWhereLarge } from './compiledOnce.mjs';

test('what was compiled is kept until all of it together is larger than it may be', () => {
  const outer = mkdtempSync(join(tmpdir(), 'cellkeep-compiled-'));
  onTestFinished(() => rmSync(outer, { recursive: true }));
  const folder = join(outer, 'compiled');
  clearWhereLarge(folder, 10); // before the first run there is none
  for (const version of ['v1', 'v2']) {
    mkdirSync(join(folder, version), { recursive: true });
    writeFileSync(join(folder, version, 'one'), 'x'.repeat(5));
  }
  clearWhereLarge(folder, 10);
  expect(existsSync(join(folder, 'v1/one'))).toBe(true);
  writeFileSync(join(folder, 'v2/two'), 'x');
  clearWhereLarge(folder, 10);
  expect([existsSync(folder), existsSync(outer)]).toEqual([false, true]);
});
