import { createHash, randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { expect, test } from 'vitest';
import { type Asker, createCallers, type EndpointAccess } from './callers.ts';

test('each of several hosts grants its part of a rate, so that all of them together grant what was set', () => {
  const callers = createCallers((() => Promise.reject(new Error('it is not asked'))) as unknown as Sql);
  const token = (secret: string, ratePerSecond: number | null) => ({
    ...{ id: randomUUID(), label: secret, hash: createHash('sha256').update(secret).digest('hex'), ratePerSecond, expiresAt: null },
  });
  const access: EndpointAccess = {
    ...{ workspaceId: randomUUID(), isOpen: false, doorSecret: 'door', ratePerSecond: 8, hosts: 4 },
    tokens: [token('any', null), token('own', 40)],
  };
  const granted = (secret: string) => {
    const { limit } = callers.find(new Map([['authorization', `Bearer ${secret}`]])) as Asker;
    let [second, taken] = [0, 0];
    // What is there at first, then what comes in ten seconds.
    for (const now of Array.from({ length: 10_001 }, (_, ms) => ms)) {
      while (limit?.take(now) === 0) {
        if (now === 0) second += 1;
        else taken += 1;
      }
    }
    return { second, taken, told: limit?.ratePerSecond };
  };
  callers.set(access);
  expect(granted('any')).toEqual({ second: 2, taken: 20, told: 8 });
  expect(granted('own')).toEqual({ second: 10, taken: 100, told: 40 });
  callers.set({ ...access, hosts: 1 });
  expect(granted('any')).toEqual({ second: 8, taken: 80, told: 8 });
});

test('a token of a user is believed for a second at most, and not a moment longer once users are said to have changed', async () => {
  let [at, looks, isThere] = [0, 0, true];
  const sql = (() => {
    looks += 1;
    return Promise.resolve(isThere ? [{ id: 'one', name: 'ann', expiresAt: null }] : []);
  }) as unknown as Sql;
  const callers = createCallers(sql, () => at);
  callers.set({ workspaceId: randomUUID(), isOpen: false, doorSecret: 'door', ratePerSecond: null, hosts: 1, tokens: [] });
  const find = async () => (await callers.find(new Map([['authorization', 'Bearer ck_of_ann']]))).label;
  expect([await find(), await find(), looks]).toEqual(['ann', 'ann', 1]);
  isThere = false;
  at = 400; // nobody has looked since
  expect([await find(), looks]).toEqual(['ann', 1]);
  at = 1_001;
  await expect(find()).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  isThere = true;
  expect(await find()).toBe('ann');
  isThere = false;
  callers.forgetUsers();
  await expect(find()).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
});
