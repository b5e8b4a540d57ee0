import { randomBytes } from 'node:crypto';
import type { Sql } from 'postgres';
import { expect, test } from 'vitest';
import type { ChunkedRelease } from '../predictionLog/index.ts';
import { createRequestLog } from './requestLog.ts';

const release: ChunkedRelease = {
  ...{ id: 'r', modelName: 'm', version: 1, classes: null },
  inputs: [{ name: 'text', type: 'string', width: 1 }],
  outputs: [],
};
const request = {
  at: 0,
  release,
  latencyUs: 1,
  rows: 1,
  status: 200,
  protocol: 'rows',
  isShadow: false,
  caller: '',
  kept: 1,
} as const;

/** A database that is away until it is told otherwise. */
function database() {
  const written: number[] = [];
  let isAway = true;
  const sql = ((_strings: TemplateStringsArray, ...values: unknown[]) => {
    if (isAway) return Promise.reject(new Error('away'));
    written.push(values[6] as number);
    return Promise.resolve([]);
  }) as unknown as Sql;
  return {
    sql,
    written,
    back() {
      isAway = false;
    },
  };
}

test('while the database is away a bounded amount is kept, the newest; what went is counted', async () => {
  const { sql, written, back } = database();
  const log = createRequestLog(sql, 'e', 200_000);
  const text = randomBytes(7_500).toString('base64'); // ten thousand characters that hardly deflate
  let sent = 0;
  for (let i = 0; i < 120; i++) {
    log.makeRoom();
    log.keepRows(release, { count: 1, columns: [[text]] }, { columns: [], scores: null }, 0, 1);
    log.add({ ...request, number: log.next().number });
    sent += 1;
    await log.flush().catch(() => {});
  }
  expect(log.waiting).toBeLessThanOrEqual(200_000);
  const dropped = log.takeDropped();
  expect(dropped).toBeGreaterThan(10);
  expect(log.takeDropped()).toBe(0);
  back();
  await log.flush();
  expect(written.reduce((sum, n) => sum + n, 0)).toBe(sent - dropped);
  expect(log.waiting).toBe(0);
});
