import { randomUUID } from 'node:crypto';
import type { Bundle } from '@cellkeep/schema/registry';
import { beforeAll, describe, expect, test } from 'vitest';
import { testServer } from '../../testing/index.ts';
import { refusal } from '../../testing/refusal.ts';
import type { ColumnValues } from '../host/model.ts';
import { type ChunkedRelease, type ChunkRequest, createChunkWriter, predictionIdOf } from '../predictionLog/index.ts';
import { bundleOfModel, type ModelName, registerModel, rowsOfModel, storeModel } from '../testModels.ts';
import { testScorer } from '../testScorer.ts';
import { findPrediction } from './findPrediction.ts';
import { compareAnswers } from './onePrediction.ts';

const models = new Map<string, ModelName>();
const START = Date.UTC(2026, 0, 1);
const clock = START + 3_600_000;
const server = testServer({ now: () => clock, env: { CELLKEEP_VERIFY: 'off' }, askModel: testScorer(models) });
const predictions = () => server().client.deployment.predictions;
const [bundle, rows] = [bundleOfModel('carriers'), rowsOfModel('carriers')];

let endpoint = { id: '', name: 'flights' };
let release: ChunkedRelease;
let loggedModelId = '';

beforeAll(async () => {
  const { deployment, registry } = server().client;
  const origin: Partial<Bundle['origin']> = { notebookPath: 'flights.ipynb', cellId: 'c4', executionOrder: 7, runId: 'f'.repeat(32) };
  loggedModelId = await storeModel(server(), 'carriers', { change: (one) => ({ ...one, origin: { ...one.origin, ...origin } }) });
  models.set(loggedModelId, 'carriers');
  const version = await registerModel(server(), 'late', loggedModelId);
  endpoint = await deployment.endpoints.create({ name: 'flights' });
  const { id } = await deployment.releases.create({ endpoint: 'flights', modelName: 'late', version });
  const columnOf = ({ name, type }: { name: string; type: ChunkedRelease['inputs'][number]['type'] }) => ({ name, type, width: 1 });
  const { inputs, outputs } = bundle.signature;
  release = {
    ...{ id, modelName: 'late', version, inputs: inputs.map(columnOf), outputs: outputs.map(columnOf) },
    classes: (bundle.classes ?? []).map(String),
  };
  await registry.versions.delete({ name: 'late', version }); // its files are there still
}, 60_000);

const valuesOf = ({ type }: { type: string }, values: unknown[]): ColumnValues =>
  type === 'string' ? (values as string[]) : Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value)));

/** What a host has answered, as it stores it. Numbers that are not given count up. */
async function stored(
  life: number,
  requests: Partial<ChunkRequest>[],
  answers?: { labels: unknown[]; scores: number[][] },
): Promise<string[]> {
  const writer = createChunkWriter();
  const all = requests.map(
    (more, i): ChunkRequest => ({
      ...{ number: i, at: START, release, latencyUs: 120.4, rows: rows.data.length, status: 200, protocol: 'rows', isShadow: false },
      ...{ caller: 'the app', kept: 0 },
      ...more,
    }),
  );
  for (const request of all) {
    if (request.kept > 0 && answers) {
      const inputs = bundle.signature.inputs.map((input, c) =>
        valuesOf(
          input,
          rows.data.map((row) => row[c]),
        ),
      );
      writer.keepRows(release, inputs, [answers.labels as string[]], Float64Array.from(answers.scores.flat()), 0, request.rows);
    }
    writer.add(request);
  }
  const chunk = await writer.encode(life);
  if (!chunk) throw new Error('nothing was added');
  await server().services.sql`
    insert into prediction_chunks (life, first_number, last_number, endpoint_id, first_at, last_at, requests, errors, payload)
    values (${life}, ${chunk.firstNumber}, ${chunk.lastNumber}, ${endpoint.id}, ${chunk.firstAt}, ${chunk.lastAt}, ${chunk.requests},
      ${chunk.errors}, ${chunk.payload})`;
  return all.map(({ at, number }) => predictionIdOf({ at, life, number }));
}

const answered = async () => {
  const { columns, data } = await testScorer(models)(loggedModelId, (scorer) => scorer.predict(rows));
  return { labels: data.map((row) => row[0]), scores: data.map((row) => row.slice(1) as number[]), columns };
};

describe('one request', () => {
  test('leads back to the version, the run and the cell that made its model, and holds its rows and its answer', async () => {
    const [id] = (await stored(1, [{ kept: rows.data.length }], await answered())) as [string];
    const found = await predictions().get({ id });
    expect(found).toMatchObject({
      ...{ id, endpoint: 'flights', modelName: 'late', version: 1, latencyUs: 120, rows: rows.data.length, tokenLabel: 'the app' },
      inputs: rows,
      origin: { notebookPath: 'flights.ipynb', cellId: 'c4', executionOrder: 7, runId: 'f'.repeat(32) },
    });
    expect(found.outputs?.columns).toEqual((await answered()).columns);
  });

  test('asked again, a version that was deleted answers the same', async () => {
    const [id] = (await stored(2, [{ kept: rows.data.length }], await answered())) as [string];
    const replay = await predictions().replay({ id });
    expect(replay).toMatchObject({ same: true, maxDifference: expect.any(Number) });
    expect(replay.maxDifference).toBeLessThan(1e-6);
  });

  test('a replay says where the answer is another one by now', async () => {
    const { labels, scores } = await answered();
    const [id] = (await stored(3, [{ kept: rows.data.length }], { labels: labels.map(() => 'cancelled'), scores })) as [string];
    expect(await predictions().replay({ id })).toMatchObject({ same: false });
  });

  test('is explained by what each of its features contributed', async () => {
    const [id] = (await stored(4, [{ kept: rows.data.length }], await answered())) as [string];
    const { contributions, base, value } = await predictions().explain({ id, row: 1 });
    expect(contributions.map(({ name }) => name).sort()).toEqual(rows.columns.toSorted());
    const sum = contributions.reduce((total, { contribution }) => total + Number(contribution), Number(base));
    expect(sum).toBeCloseTo(Number(value), 4);
    expect(await refusal(predictions().explain({ id, row: 99 }))).toEqual(['BAD_REQUEST', 'row']);
    expect(await refusal(predictions().explain({ id, output: 'nobody' }))).toEqual(['CONFLICT', 'id']);
  });

  test('of a pickle is asked again for whoever may read it, since it is the code that was registered; and no more where it may be other code', async () => {
    const { sql } = server().database;
    const [id] = (await stored(977, [{ kept: rows.data.length }], await answered())) as [string];
    const viewer = server().clientOf(await server().tokenOf('viewer')).deployment.predictions;
    const runtime = (name: string) =>
      sql`update model_bundles set bundle = bundle || ${sql.json({ runtime: name })} where logged_model_id = ${loggedModelId}`;
    await runtime('python');
    expect((await viewer.explain({ id, row: 1 })).contributions).not.toEqual([]);
    expect(await viewer.replay({ id })).toMatchObject({ same: true });
    const frozen = await sql`delete from frozen_folders returning *`;
    expect(await refusal(viewer.explain({ id, row: 1 }))).toEqual(['CONFLICT', 'id']);
    expect(await refusal(viewer.replay({ id }))).toEqual(['CONFLICT', 'id']);
    expect(frozen).not.toEqual([]);
    await runtime('onnx');
    expect(await viewer.replay({ id })).toMatchObject({ same: true });
  });

  test('whose rows were not kept is known all the same, and says so where they are needed', async () => {
    const [id] = (await stored(5, [{}])) as [string];
    expect(await predictions().get({ id })).toMatchObject({ inputs: null, outputs: null, origin: { cellId: 'c4' } });
    expect(await refusal(predictions().replay({ id }))).toEqual(['CONFLICT', 'id']);
  });

  test('that its host is about to write is waited for', async () => {
    const id = predictionIdOf({ at: clock, life: 6, number: 0 });
    const [{ services, client }, { user, workspace }] = [server(), await server().client.access.me()];
    let looks = 0;
    const sql = new Proxy(services.sql, {
      apply: async (target, self, given) => {
        const rows = await Reflect.apply(target as (...given: unknown[]) => Promise<unknown>, self, given);
        looks += 1;
        if (looks === 1) await stored(6, [{ at: clock }]);
        return rows;
      },
    });
    const caller = { userId: user.id, userName: user.name, workspaceId: workspace.id, role: 'viewer', via: 'token' } as const;
    expect((await findPrediction({ sql, caller, now: () => clock }, id)).request.at).toBe(clock);
    expect((await client.deployment.predictions.get({ id })).id).toBe(id);
  });

  test.each([
    ['another time', predictionIdOf({ at: START + 1, life: 5, number: 0 })],
    ['another number', predictionIdOf({ at: START, life: 5, number: 4 })],
    ['another life', predictionIdOf({ at: START, life: 2 ** 47, number: 0 })],
  ])('of an id with %s there is none', async (_, id) => {
    expect(await refusal(predictions().get({ id }))).toEqual(['NOT_FOUND', 'id']);
  });

  test('of another workspace is none', async () => {
    const [id] = (await stored(7, [{}])) as [string];
    const { sql } = server().services;
    const [other] = await sql`insert into workspaces (id, name, created_at) values (${randomUUID()}, 'other', now()) returning id`;
    const [mine] = await sql`select workspace_id as id from endpoints where id = ${endpoint.id}`;
    await sql`update endpoints set workspace_id = ${other!.id} where id = ${endpoint.id}`;
    expect(await refusal(predictions().get({ id }))).toEqual(['NOT_FOUND', 'id']);
    await sql`update endpoints set workspace_id = ${mine!.id} where id = ${endpoint.id}`;
  });
});

describe('the list', () => {
  const listed = async (search: Partial<Parameters<ReturnType<typeof predictions>['list']>[0]>): Promise<string[]> => {
    const ids: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await predictions().list({ endpoint: 'flights', ...search, ...(cursor && { cursor }) });
      ids.push(...page.predictions.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    return ids;
  };

  test('is newest first through the chunks of all hosts, each request once, whatever the pages', async () => {
    const at = START + 1_000_000;
    const lives = [11, 12, 13];
    const ids: string[] = [];
    for (const [i, life] of lives.entries())
      for (const chunk of [0, 1, 2])
        ids.push(
          ...(await stored(
            life,
            Array.from({ length: 5 }, (_, n) => ({ number: chunk * 5 + n, at: at + chunk * 40 + n * 10 + i })),
          )),
        );
    const all = await listed({ limit: 1_000 });
    const mine = all.filter((id) => ids.includes(id));
    expect(mine).toHaveLength(ids.length);
    expect(mine.map((id) => id.slice(0, 12))).toEqual(
      ids
        .map((id) => id.slice(0, 12))
        .sort()
        .reverse(),
    );
    for (const limit of [1, 4, 7]) expect(await listed({ limit })).toEqual(all);
  });

  test('is found by its release, by what went wrong, and shows shadows only where asked', async () => {
    const other = { ...release, id: randomUUID() };
    const [fine, wrong, shadow, elsewhere] = await stored(21, [{}, { status: 400 }, { isShadow: true }, { release: other }]);
    const has = async (search: Parameters<typeof listed>[0]) => {
      const ids = await listed(search);
      return [fine, wrong, shadow, elsewhere].map((id) => ids.includes(id as string));
    };
    expect(await has({})).toEqual([true, true, false, true]);
    expect(await has({ shadow: true })).toEqual([true, true, true, true]);
    expect(await has({ status: 'error' })).toEqual([false, true, false, false]);
    expect(await has({ status: 'ok' })).toEqual([true, false, false, true]);
    expect(await has({ releaseId: other.id })).toEqual([false, false, false, true]);
  });

  test('goes on where nothing is found in as many chunks as one page reads', async () => {
    const other = { ...release, id: randomUUID() };
    const [rare] = await stored(31, [{ release: other, at: START + 2_000_000 }]);
    for (let n = 0; n < 110; n++) await stored(32, [{ number: n, at: START + 3_000_000 + n }]);
    const first = await predictions().list({ endpoint: 'flights', releaseId: other.id });
    expect([first.predictions, first.nextCursor]).toEqual([[], expect.any(String)]);
    expect(await listed({ releaseId: other.id })).toEqual([rare]);
  });

  test('of an endpoint that is not there, and from a cursor that is none, is refused', async () => {
    expect(await refusal(predictions().list({ endpoint: 'nowhere' }))).toEqual(['NOT_FOUND', 'endpoint']);
    const forged = Buffer.from('[1e300,1,1,1]').toString('base64url');
    expect(await refusal(predictions().list({ endpoint: 'flights', cursor: forged }))).toEqual(['BAD_REQUEST', 'cursor']);
  });
});

describe('feedback', () => {
  test('counts once, and the last word counts', async () => {
    const [id] = (await stored(41, [{}])) as [string];
    const say = (value: number) => predictions().feedback({ id, value });
    expect([await say(3), await say(3), await say(5)]).toEqual([{ stored: true }, { stored: false }, { stored: true }]);
    expect((await predictions().get({ id })).feedback).toEqual([{ value: 5, label: null, row: 0, at: clock }]);
  });

  test('is given at the door by an application that holds nothing but a token of the endpoint', async () => {
    const [id] = (await stored(978, [{}])) as [string];
    const { endpointTokens: tokens, endpoints } = server().client.deployment;
    const say = async (name: string, secret: string, body: object | string) => {
      const answer = await fetch(`${server().url}/endpoints/${name}/feedback`, {
        ...{ method: 'POST', headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' } },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      return [answer.status, await answer.json()] as const;
    };
    const { secret } = await tokens.create({ endpoint: 'flights', label: 'the app' });
    expect(await say('flights', secret, { predictionId: id, value: 3 })).toEqual([200, { stored: true }]);
    expect(await say('flights', secret, { predictionId: id, row: 1, label: 'late', value: 0 })).toEqual([200, { stored: true }]);
    expect(await say('flights', secret, { predictionId: id, value: 3 })).toEqual([200, { stored: false }]);
    expect((await predictions().get({ id })).feedback.map(({ row, value, label }) => [row, value, label])).toEqual([[0, 3, null], [1, 0, 'late']]); // biome-ignore format: one line
    expect((await say('flights', `${secret}x`, { predictionId: id, value: 9 }))[0]).toBe(401);
    expect(await say('flights', secret, { predictionId: id, values: 9 })).toMatchObject([400, { code: 'BAD_REQUEST' }]);
    expect((await say('flights', secret, 'nothing'))[0]).toBe(400);
    expect((await say('flights', await server().tokenOf('viewer'), { predictionId: id, value: 9 }))[0]).toBe(403);
    await endpoints.create({ name: 'trains' });
    const other = await tokens.create({ endpoint: 'trains', label: 'the app' });
    expect((await say('flights', other.secret, { predictionId: id, value: 9 }))[0]).toBe(401);
    expect((await say('trains', other.secret, { predictionId: id, value: 9 }))[0]).toBe(404);
    expect((await predictions().get({ id })).feedback[0]?.value).toBe(3);
  });

  test('a true label alone says whether the answer was right', async () => {
    const answers = await answered();
    const [id] = (await stored(42, [{ kept: rows.data.length }], answers)) as [string];
    const right = String(answers.labels[0]);
    const wrong = right === 'late' ? 'on time' : 'late';
    await predictions().feedback({ id, row: 0, label: right });
    await predictions().feedback({ id, row: 1, label: String(answers.labels[1]) === right ? wrong : right });
    expect((await predictions().get({ id })).feedback.map(({ value }) => value)).toEqual([1, 0]);
  });

  test('is refused where it can mean nothing', async () => {
    const [kept, failed] = await stored(43, [{ rows: 2 }, { status: 500 }]);
    const say = (more: object) => refusal(predictions().feedback({ id: kept as string, value: 1, ...more }));
    expect(await say({ row: 2 })).toEqual(['BAD_REQUEST', 'row']);
    expect(await say({ value: 'NaN' })).toEqual(['BAD_REQUEST', 'value']);
    expect(await say({ value: undefined })).toEqual(['BAD_REQUEST', 'value']);
    expect(await say({ value: undefined, label: 'late' })).toEqual(['BAD_REQUEST', 'value']);
    expect(await say({ id: failed })).toEqual(['CONFLICT', 'id']);
    expect(await say({ id: '0'.repeat(32) })).toEqual(['NOT_FOUND', 'id']);
    const viewer = server().clientOf(await server().tokenOf('viewer')).deployment.predictions;
    expect(await refusal(viewer.feedback({ id: kept as string, value: 1 }))).toEqual(['FORBIDDEN', '']);
  });
});

describe('two answers', () => {
  const table = (...data: unknown[][]) => ({ columns: ['label', 'score:late'], data });

  test.each([
    ['are the same where numbers differ by what float32 may', table(['late', 0.5]), table(['late', 0.5 + 5e-7]), true],
    ['differ by a number', table(['late', 0.5]), table(['late', 0.51]), false],
    ['differ by a label', table(['late', 0.5]), table(['on time', 0.5]), false],
    ['differ where one is missing', table([null, 0.5]), table(['late', 0.5]), false],
    ['are the same where both are missing', table([null, null]), table([null, null]), true],
    ['differ by a row', table(['late', 0.5], ['late', 0.5]), table(['late', 0.5]), false],
  ])('%s', (_, a, b, same) => {
    expect(compareAnswers(a, b).same).toBe(same);
  });

  test('are compared by the names of their columns', () => {
    const turned = { columns: ['score:late', 'label'], data: [[0.5, 'late']] };
    expect(compareAnswers(table(['late', 0.5]), turned)).toEqual({ same: true, maxDifference: 0 });
  });
});
