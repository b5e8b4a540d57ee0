import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const module = JSON.stringify(join(import.meta.dirname, 'scratch.ts'));
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

/** Root may do everything: what is shown here is shown as somebody who may not. */
function asNobody(work: string): string {
  const code = `const fs = await import('node:fs'); const scratch = await import(${module}); ${work}`;
  const ids = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  return execFileSync(process.execPath, ['--input-type=module', '-e', code], { ...ids, encoding: 'utf8', cwd: tmpdir() });
}

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cellkeep-scratch-'));
  chmodSync(folder, 0o777);
  return folder;
}

test('what nobody may enter is removed too, and what a link points to is left alone', () => {
  const [folder, elsewhere] = [emptyFolder(), emptyFolder()];
  writeFileSync(join(elsewhere, 'kept'), '');
  chmodSync(elsewhere, 0o555);
  asNobody(`
    const work = ${JSON.stringify(join(folder, 'work-1'))};
    fs.mkdirSync(work + '/a/b', { recursive: true });
    fs.writeFileSync(work + '/a/b/file', '');
    fs.symlinkSync(${JSON.stringify(elsewhere)}, work + '/a/link');
    for (const path of ['/a/b', '/a', '']) fs.chmodSync(work + path, 0);
    await scratch.removeScratch(work);`);
  expect(readdirSync(folder)).toEqual([]);
  expect([readdirSync(elsewhere), statSync(elsewhere).mode & 0o777]).toEqual([['kept'], 0o555]);
});

test.runIf(isRoot)('of what a killed server has left, one that resists keeps none of the others', () => {
  const folder = emptyFolder();
  mkdirSync(join(folder, 'work-1', 'a'), { recursive: true }); // root's
  const told = asNobody(`
    for (const name of ['work-0', 'work-2', 'cache']) fs.mkdirSync(${JSON.stringify(folder)} + '/' + name);
    await scratch.removeLeftScratch(${JSON.stringify(folder)}, (error) => console.log(error.code));`);
  expect(told).toBe('EPERM\n');
  expect(readdirSync(folder)).toEqual(['cache', 'work-1']);
});
