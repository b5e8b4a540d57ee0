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
