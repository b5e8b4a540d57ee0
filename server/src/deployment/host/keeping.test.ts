/** What is kept under a prediction id is what was asked, whatever became of the requests around it. */

import { endpointSettings } from '@cellkeep/schema/deployment';
import fc from 'fast-check';
import type { Sql } from 'postgres';
import { expect, test } from 'vitest';
import { findRequest, parsePredictionId } from '../predictionLog/index.ts';
import { bundleOfModel } from '../testModels.ts';
import { Batcher } from './batcher.ts';
import type { Callers } from './callers.ts';
import { ReleaseCounters } from './counters.ts';
import type { HttpRequest } from './http/connection.ts';
import { type Answers, type LoadedModel, ModelFailure, type Rows } from './model.ts';
import { createRequestLog } from './requestLog.ts';
import { routesOf } from './routing.ts';
import { columnReaders } from './rows/columnReader.ts';
import type { ServedRelease } from './served.ts';
import { createService, type ServingState } from './service.ts';

interface Chunk {
  firstNumber: number;
  lastNumber: number;
  payload: Buffer;
}

const signature = {
  ...bundleOfModel('progress').signature,
  inputs: [{ ...bundleOfModel('progress').signature.inputs[0]!, name: 'x', type: 'double' as const, shape: null }],
};
const DEADLINE = 30_000;

/** A service without sockets and without a database, whose only release answers each number with itself. */
function serving({ logRows = 1, batchRows = 4, hasShadow = false } = {}) {
  const chunks: Chunk[] = [];
  const sql = ((_: TemplateStringsArray, ...values: unknown[]) => {
    chunks.push({ firstNumber: values[1] as number, lastNumber: values[2] as number, payload: values[8] as Buffer });
    return Promise.resolve([]);
  }) as unknown as Sql;
  const log = createRequestLog(sql, 'e');
  const settings = endpointSettings.parse({ deadlineMs: DEADLINE, logRows, batchRows });
  const release = (role: 'live' | 'shadow'): ServedRelease => {
    const model: LoadedModel = {
      bundle: { ...bundleOfModel('progress'), signature },
      parallel: 1,
      predict: ({ columns, count }: Rows): Answers => {
        const values = (columns[0] as Float64Array).slice(0, count);
        if (values.includes(-1)) throw new ModelFailure('it cannot take -1');
        return { columns: [values], scores: null };
      },
      close: async () => {},
    };
    const readers = columnReaders(signature, false);
    const record = {
      id: role,
      number: 1,
      modelName: role,
      version: 1,
      loggedModelId: 'm',
      role,
      weight: 1,
      header: null,
      stepStartedAt: null,
    };
    const chunked = {
      ...{ id: role, modelName: role, version: 1, classes: null },
      inputs: [{ name: 'x', type: 'double' as const, width: 1 }],
      outputs: [{ name: 'y', type: 'double' as const, width: 1 }],
    };
    const made: ServedRelease = {
      ...{ record, number: 1, role, weight: role === 'live' ? 1 : 0, header: null, model, signature, readers, classes: null, chunked },
      ...{ baseline: null, example: null, lookup: null, counters: new ReleaseCounters(signature, null), explain: async () => [] },
      batcher: new Batcher(
        model,
        (rows) => readers.map((reader) => reader.make(rows)),
        () => ({ rows: settings.batchRows, windowUs: 0 }),
        (result) => service.onBatch(made, result),
      ),
    };
    return made;
  };
  const releases = [release('live'), ...(hasShadow ? [release('shadow')] : [])];
  const state: ServingState = { name: 'e', description: '', settings, releases, routes: routesOf(releases), isReady: true, trouble: '' };
  const asker = { label: 'ada', until: Number.POSITIVE_INFINITY, limit: null, tokenId: null, usedAt: 0, isFixed: false };
  const callers = { generation: 0, find: () => asker } as unknown as Callers;
  const service = createService({ state: () => state, callers, log, say: () => {} });

  /** @param age ms that it has waited already */
  function ask(
    values: number[],
    { age = 0, isGone = () => false }: { age?: number; isGone?: () => boolean } = {},
  ): Promise<{ status: number; id: string | null }> {
    return new Promise((resolve) => {
      const head = {
        method: 'POST',
        path: '/',
        query: '',
        headers: new Map(),
        keepAlive: true,
        length: null,
        expectsContinue: false,
        memo: null,
      };
      const request: HttpRequest = {
        head,
        body: Buffer.from(JSON.stringify(values.map((x) => ({ x })))),
        at: performance.now() - age,
        get isGone() {
          return isGone();
        },
        answer: ({ status, headers = '' }) => resolve({ status, id: /prediction-id: (\w+)/.exec(headers)?.[1] ?? null }),
      };
      service.handle(request);
    });
  }

  async function kept(id: string): Promise<number[] | null> {
    const { number } = parsePredictionId(id)!;
    const chunk = chunks.find(({ firstNumber, lastNumber }) => firstNumber <= number && number <= lastNumber);
    const found = await findRequest(chunk!.payload, chunk!.firstNumber, number);
    expect(found?.outputs?.data).toEqual(found?.inputs?.data); // this model's answers are what it was asked
    return found?.inputs?.data.map(([x]) => x as number) ?? null;
  }
  /** Shadows are asked behind the answers, in a turn of their own. */
  async function idle(): Promise<void> {
    do await new Promise(setImmediate);
    while (releases.some(({ batcher }) => !batcher.isIdle));
  }
  return { ask, kept, idle, log, close: service.close };
}

test('an answer whose deadline passes while it is kept moves nobody else’s rows', async () => {
  const { ask, kept, log, close } = serving();
  const late = ask([1, 2], { age: DEADLINE + 1_000 });
  const next = ask([3]);
  expect([(await late).status, (await next).status]).toEqual([504, 200]);
  await log.flush();
  expect([await kept((await late).id!), await kept((await next).id!)]).toEqual([[1, 2], [3]]);
  close();
});

test('what is kept under an id is what was asked, whatever became of it and of those beside it', async () => {
  const request = fc.record({
    values: fc.array(fc.integer({ min: -1, max: 1_000_000 }), { minLength: 1, maxLength: 9 }),
    age: fc.constantFrom(0, 0, 0, DEADLINE + 1_000),
    /** How often it is looked whether the client is still there, until it is gone. */
    goneAfter: fc.constantFrom(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 1, 2, 3),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(request, { minLength: 1, maxLength: 12 }),
      fc.constantFrom(1, 1, 0.5),
      fc.boolean(),
      async (all, logRows, hasShadow) => {
        const { ask, kept, idle, log, close } = serving({ logRows, hasShadow });
        const answers = await Promise.all(
          all.map(async ({ values, age, goneAfter }) => {
            let looks = 0;
            const answer = ask(values, { age, isGone: () => looks++ >= goneAfter });
            // Nobody is answered who has gone.
            return { values, answer: goneAfter === Number.POSITIVE_INFINITY ? await answer : null };
          }),
        );
        await idle();
        await log.flush();
        for (const { values, answer } of answers) {
          if (!answer?.id) continue;
          const rows = await kept(answer.id);
          if (rows) expect(rows).toEqual(values);
          else expect(answer.status !== 200 || logRows < 1).toBe(true);
        }
        close();
      },
    ),
    { numRuns: 60 },
  );
});
