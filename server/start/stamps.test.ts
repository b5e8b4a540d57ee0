import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkout } from './checkout.mjs';
import { clearStamp, digestOf, isFresh, writeStamp } from './stamps.mjs';

let folder: string;
let name: string;
beforeEach(() => {
  mkdirSync(join(checkout, '.build'), { recursive: true });
  folder = mkdtempSync(join(checkout, '.build/stamps-test-'));
  name = relative(checkout, folder);
  writeFileSync(join(folder, 'a.ts'), 'one');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a digest changes with the content of a file, not with its times', () => {
  const before = digestOf([name]);
  utimesSync(join(folder, 'a.ts'), 1, 1);
  expect(digestOf([name])).toBe(before);
  writeFileSync(join(folder, 'a.ts'), 'two');
  expect(digestOf([name])).not.toBe(before);
});

test('a digest changes with a new file, a moved file and a removed file', () => {
  const before = digestOf([name]);
  writeFileSync(join(folder, 'b.ts'), '');
  const added = digestOf([name]);
  rmSync(join(folder, 'a.ts'));
  const removed = digestOf([name]);
  expect(new Set([before, added, removed]).size).toBe(3);
});

test('tests and build outputs do not count', () => {
  const before = digestOf([name]);
  writeFileSync(join(folder, 'a.test.ts'), 'x');
  mkdirSync(join(folder, 'dist'));
  writeFileSync(join(folder, 'dist/out.js'), 'x');
  expect(digestOf([name])).toBe(before);
});

test('a stamp is fresh for the digest that it was written for, until it is cleared', () => {
  const stamp = join(folder, 'stamps/web');
  expect(isFresh(stamp, 'x')).toBe(false);
  writeStamp(stamp, 'x');
  expect([isFresh(stamp, 'x'), isFresh(stamp, 'y')]).toEqual([true, false]);
  clearStamp(stamp);
  expect(isFresh(stamp, 'x')).toBe(false);
});
