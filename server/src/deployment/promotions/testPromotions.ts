/** Promotions of a test server, and what tests ask of them. No host runs: `answer` says what hosts would. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Promotion } from '@cellkeep/schema/deployment';
import type { TestServer } from '../../testing/index.ts';
import { registerModel, storeModel } from '../testModels.ts';

export const cell = { kind: 'cell', notebookPath: 'flights.ipynb', cellId: 'c4', variable: 'model' } as const;

export async function eventually<T>(look: () => Promise<T | null | undefined | false>): Promise<T> {
  for (let tries = 0; tries < 400; tries++) {
    const found = await look();
    if (found) return found;
    await sleep(25);
  }
  throw new Error('it did not come true within ten seconds');
}

export const stepsOf = ({ steps }: Promotion) => Object.fromEntries(steps.map(({ step, status }) => [step, status]));
export const textOf = ({ steps }: Promotion, wanted: string) => steps.find(({ step }) => step === wanted)?.text;

/** @example const { promotions, byKernel, until } = promoting(server); */
export function promoting(server: () => TestServer) {
  let names = 0;
  const deployment = () => server().client.deployment;
  const promotions = () => deployment().promotions;
  const fresh = (word: string) => `${word}-${++names}`;

  async function registered(word = 'late'): Promise<{ modelName: string; version: number; loggedModelId: string }> {
    const modelName = fresh(word);
    const loggedModelId = await storeModel(server(), 'carriers');
    return { modelName, loggedModelId, version: await registerModel(server(), modelName, loggedModelId) };
  }

  return {
    ...{ deployment, promotions, fresh, registered },
    until: (id: string, status: Promotion['status']) =>
      eventually(async () => {
        const promotion = await promotions().get({ id });
        return promotion.status === status && promotion;
      }),
    endpointNamed: (name: string) =>
      deployment()
        .endpoints.get({ name })
        .catch(() => null),
    /** What the server does once all hosts have loaded a release. */
    async answer(releaseId: string, role: 'live' | 'failed', message = ''): Promise<void> {
      const { sql } = server().services;
      await sql`update releases set role = ${role}, message = ${message}, weight = ${role === 'live' ? 1 : 0} where id = ${releaseId}`;
    },
    released: (id: string) => eventually(async () => (await promotions().get({ id })).releaseId),
    /** As a kernel does it, up to the registered version. */
    async byKernel(more: Record<string, unknown> = {}): Promise<Promotion> {
      const { modelName, version } = await registered();
      const endpoint = fresh('flights');
      const { id } = await promotions().start({ source: cell, modelName, endpoint, where: 'client', ...more });
      return promotions().update({ id, version, steps: [{ step: 'register', status: 'done', text: `version ${version}` }] });
    },
  };
}
