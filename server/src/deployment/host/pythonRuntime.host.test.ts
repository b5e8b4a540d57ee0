import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testServer } from '../../testing/index.ts';
import { PYTHON, storeWild } from '../testWild.ts';
import { createPythonRuntime } from './pythonRuntime.ts';
import { testEndpoint } from './testHost.ts';

const server = testServer({ env: { CELLKEEP_VERIFY: 'off' } });

test('requests to a Python model harm only themselves: 500 for an error, 503 for a crash, 504 for a loop, 200 for all others', {
  timeout: 60_000,
}, async () => {
  const deadlineMs = 5_000;
  const endpoint = await testEndpoint(server(), { deadlineMs });
  await endpoint.release('forest', { loggedModelId: await storeWild(server()) });
  const cache = mkdtempSync(join(tmpdir(), 'cellkeep-python-host-'));
  const lines: string[] = [];
  const options = { python: PYTHON, workers: 2, memoryMiB: 1_024, cache, deadlineMs: () => deadlineMs };
  const load = createPythonRuntime({ ...options, say: (line) => lines.push(line) });
  const host = await endpoint.start({ load });
  try {
    const row = (what: string) => ({ do: what, count: 1, share: 0.5, is_new: true, day: '2026-01-01' });
    const ask = async (what: string) => {
      const response = await host.ask('/predict', row(what));
      return { status: response.status, retryAfter: response.headers.get('retry-after'), body: await response.json() };
    };
    expect((await ask('a')).body.prediction).toContain("'a', 1, 0.5, True, '2026-01-01");
    const [crash, raise, ...others] = await Promise.all(['crash', 'raise', 'b', 'c', 'd', 'e'].map(ask));
    expect(others.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(raise).toMatchObject({ status: 500, body: { data: { issues: [{ reason: 'predict raised ValueError: no rows on Sundays' }] } } });
    expect(crash).toMatchObject({ status: 503, retryAfter: '1' });
    expect((await ask('stubborn')).status).toBe(504);
    await expect.poll(async () => (await ask('a')).status, { timeout: 20_000 }).toBe(200);
  } finally {
    await host.close();
    rmSync(cache, { recursive: true, force: true });
  }
});
