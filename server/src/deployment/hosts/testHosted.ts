/** Endpoints of a test server whose hosts are testHost.ts, and what tests ask of them. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Endpoint, EndpointSettings } from '@cellkeep/schema/deployment';
import { beforeAll, expect, vi } from 'vitest';
import type { TestServer } from '../../testing/index.ts';
import { testModel } from '../testVersion.ts';
import { testHost } from './testHost.ts';

/** For the server's environment. */
export const hostedEnv = (): NodeJS.ProcessEnv => ({
  ...process.env,
  CELLKEEP_ENDPOINTS: 'on',
  CELLKEEP_ENDPOINT_PROGRAM: testHost(),
  CELLKEEP_ENDPOINT_HANGS_AFTER_SECONDS: '5',
});

interface Made {
  description?: string;
  settings?: Partial<EndpointSettings>;
  versions?: number[];
}

/** @example const { endpoint, until, ask } = hosted(server); */
export function hosted(server: () => TestServer) {
  vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 }); // each host is a process that starts
  const deployment = () => server().client.deployment;
  let model = '';
  beforeAll(async () => {
    model = await testModel(server(), 6);
  });

  let made = 0;
  const release = (name: string, version: number, how: 'replace' | 'canary' | 'shadow' | 'beside' = 'replace', plan?: object) =>
    deployment().releases.create({ endpoint: name, modelName: model, version, how, plan: plan as never });
  const get = (name: string) => deployment().endpoints.get({ name });
  return {
    deployment,
    release,
    get,
    /** With a release of each of these versions. @returns its name */
    async endpoint({ description = '', settings = {}, versions = [1] }: Made = {}): Promise<string> {
      const name = `hosted-${++made}`;
      await deployment().endpoints.create({ name, description, settings });
      for (const version of versions) await release(name, version);
      return name;
    },
    async until(name: string, isSo: (endpoint: Endpoint) => boolean): Promise<Endpoint> {
      const end = performance.now() + 30_000;
      for (;;) {
        const found = await get(name);
        if (isSo(found)) return found;
        if (performance.now() > end) throw new Error(`it did not become so: ${JSON.stringify(found)}`);
        await sleep(25);
      }
    },
    /** Through the door, as the owner unless headers say otherwise. */
    ask(name: string, path = '/invocations', init: RequestInit = {}): Promise<Response> {
      const headers = new Headers(init.headers);
      if (!headers.has('authorization')) headers.set('authorization', `Bearer ${server().token}`);
      return fetch(`${server().url}/endpoints/${name}${path}`, { method: 'POST', body: '[]', ...init, headers });
    },
    logsOf: async (name: string) => (await deployment().endpoints.logs({ name })).lines.map(({ text }) => text),
  };
}

export const isReady = ({ state }: Endpoint): boolean => state === 'ready';
/** Versions that take traffic. */
export const live = ({ releases }: Endpoint): number[] =>
  releases.filter(({ role, weight }) => role === 'live' && weight > 0).map(({ version }) => version);
export const isLive =
  (version: number) =>
  (found: Endpoint): boolean =>
    found.state === 'ready' && live(found).join() === String(version);

/** `expect.poll` is not for tests that run beside each other. */
export async function becomes<T>(look: () => Promise<T> | T, wanted: T): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (isDeepStrictEqual(await look(), wanted)) return;
    await sleep(25);
  }
  expect(await look()).toEqual(wanted);
}

export const isGone = (pid: number): Promise<void> => becomes(() => isAlive(pid), false);

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
