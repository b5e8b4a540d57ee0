/**
 * What an end-to-end test starts from.
 *
 * Server UI (`server-ui*.spec.ts`):
 *
 * ```ts
 * import { expect, test } from './fixtures.ts';
 *
 * test('the table shows a run', async ({ page, cellkeep }) => {
 *   const run = await cellkeep.client.tracking.runs.create({ experimentName: 'late flights' });
 *   await page.goto(cellkeep.login);                  // logs this browser in and lands on the first page
 *   await page.goto(`${cellkeep.url}/runs/${run.id}`);
 * });
 *
 * test('an empty server teaches the next step', async ({ page, newServer }) => {
 *   const empty = await newServer();                  // own Postgres, own home; stopped with the test
 *   await page.goto(empty.login);
 * });
 * ```
 *
 * `cellkeep` is shared by all tests: give experiments names of their own (`test.info().title` helps). JupyterLab's tests use `jupyterlab.ts`.
 */
import type { Contract } from '@cellkeep/schema';
import { contract } from '@cellkeep/schema';
import { createORPCClient } from '@orpc/client';
import type { ContractRouterClient } from '@orpc/contract';
import { OpenAPILink } from '@orpc/openapi-client/fetch';
import { test as playwright } from '@playwright/test';
import { type ServerProcess, startServer } from './processes.ts';

export { expect } from '@playwright/test';

export type Client = ContractRouterClient<Contract>;

export interface Cellkeep {
  /** http://127.0.0.1:port, without a slash at its end */
  url: string;
  /** API token of the owner */
  token: string;
  /** address that logs a browser in */
  login: string;
  /** every operation of the contract, over HTTP, as the owner */
  client: Client;
}

export function clientOf(server: { url: string; token: string }): Client {
  const link = new OpenAPILink(contract, { url: `${server.url}/api/v1`, headers: { authorization: `Bearer ${server.token}` } });
  return createORPCClient<Client>(link);
}

/** The server that global-setup.ts started. */
export function sharedServer(): Cellkeep {
  const said = process.env.CELLKEEP_E2E_SERVER;
  if (!said) throw new Error('global-setup.ts started no server');
  const server = JSON.parse(said) as { url: string; token: string; login: string };
  return { ...server, client: clientOf(server) };
}

export type NewServer = (options?: Parameters<typeof startServer>[0]) => Promise<ServerProcess & Cellkeep>;

export const serverFixtures = {
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from this pattern
  cellkeep: async ({}: object, use: (cellkeep: Cellkeep) => Promise<void>) => {
    await use(sharedServer());
  },
  // biome-ignore lint/correctness/noEmptyPattern: as above
  newServer: async ({}: object, use: (start: NewServer) => Promise<void>) => {
    const started: ServerProcess[] = [];
    await use(async (options) => {
      const server = await startServer(options);
      started.push(server);
      return { ...server, client: clientOf(server) };
    });
    for (const server of started.reverse()) await server.stop(); // one that was started again on a home goes before the one it follows
  },
};

export const test = playwright.extend<{ cellkeep: Cellkeep; newServer: NewServer }>(serverFixtures);
