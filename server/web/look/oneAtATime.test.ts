import { expect, test } from 'vitest';
import { oneAtATime, type Standing } from './oneAtATime.ts';

test('a second question declines the first, and a late answer to the first does not take the second away', async () => {
  let shown: Standing<string, string> | null = null;
  const { ask, decline } = oneAtATime<string, string>((standing) => {
    shown = standing;
  });
  const now = () => shown as Standing<string, string> | null;
  const first = ask('Ada?');
  const old = now();
  const second = ask('Bo?');
  expect(await first).toBeNull();
  old?.answer('Ada');
  expect(now()?.question).toBe('Bo?');
  now()?.answer('Bo');
  expect(await second).toBe('Bo');
  expect(now()).toBeNull();
  const third = ask('Cy?');
  decline();
  expect(await third).toBeNull();
  expect(now()).toBeNull();
});
