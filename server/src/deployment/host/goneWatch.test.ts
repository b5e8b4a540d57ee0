import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { watchForGone } from './goneWatch.ts';

let cache = '';
beforeEach(() => {
  cache = join(mkdtempSync(join(tmpdir(), 'cellkeep-gone-')), 'models');
  mkdirSync(cache);
});
afterEach(() => rmSync(join(cache, '..'), { recursive: true }));

const failed = (code: string) => Object.assign(new Error(code), { code });

test.each(['ECONNREFUSED', 'CONNECT_TIMEOUT', '57P03', '28P01', '55000', ''])(
  'a database that fails with %j is waited for',
  async (code) => {
    let at = 0;
    const watch = await watchForGone(cache, () => at);
    for (; at < 86_400_000; at += 3_600_000) expect(await watch.whyGone(failed(code))).toBe(null);
  },
);

test.each(['3D000', '42P01'])('one that says %s for a minute was dropped', async (code) => {
  let at = 0;
  const watch = await watchForGone(cache, () => at);
  expect(await watch.whyGone(failed(code))).toBe(null);
  at = 59_000;
  expect(await watch.whyGone(failed(code))).toBe(null);
  watch.answered(); // restored
  at = 90_000;
  expect(await watch.whyGone(failed(code))).toBe(null);
  at = 151_000;
  expect(await watch.whyGone(failed(code))).toBe('its database was dropped');
});

test.each([true, false])('a home that was reset is told at once, used again: %s', async (isUsedAgain) => {
  const watch = await watchForGone(cache);
  rmSync(cache, { recursive: true });
  if (isUsedAgain) mkdirSync(cache);
  expect(await watch.whyGone(failed('ECONNREFUSED'))).toBe('the home of its server was reset');
});
