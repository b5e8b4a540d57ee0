import { afterAll, beforeAll, expect, test } from 'vitest';
import { testServer } from '../../testing/index.ts';
import { rowsOfModel, storeModel } from '../testModels.ts';
import { type TestHost, testEndpoint } from './testHost.ts';

const server = testServer({ env: { CELLKEEP_VERIFY: 'off' } });
const { columns, data } = rowsOfModel('carriers');
const rows = data.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])));
let host: TestHost;
let bare: TestHost;

beforeAll(async () => {
  const change = (bundle: Parameters<NonNullable<NonNullable<Parameters<typeof storeModel>[2]>['change']>>[0]) => ({ ...bundle, background: 'example.json' }); // biome-ignore format: one line
  const endpoint = await testEndpoint(server());
  await endpoint.release('carriers', { loggedModelId: await storeModel(server(), 'carriers', { change }) });
  host = await endpoint.start();
  const other = await testEndpoint(server());
  await other.release('carriers');
  bare = await other.start();
}, 60_000);
afterAll(() => Promise.all([host.close(), bare.close()]));

interface Explained {
  name: string;
  value: unknown;
  contribution: number;
}

test('a row is answered with its explanation: contributions of what was sent, which sum to the answer', async () => {
  const plain = await (await host.ask('/predict', rows[1])).json();
  const { explanation, ...answer } = await (await host.ask('/predict?explain=true&output=late', rows[1])).json();
  expect({ ...answer, predictionId: '' }).toEqual({ ...plain, predictionId: '' });
  expect(explanation).toMatchObject({ output: 'probability of late', space: 'probability', backgroundRows: data.length });
  const shown = explanation.contributions as Explained[];
  expect(shown.map(({ name, value }) => [name, value])).toEqual(columns.map((name, i) => [name, data[1]?.[i]]));
  expect(shown.reduce((sum, { contribution }) => sum + contribution, explanation.base)).toBeCloseTo(answer.scores.late, 6);
});

test('several rows have an explanation each, of the class that each is asked for', async () => {
  const { explanations, predictions } = await (await host.ask('/?explain=true', rows.slice(0, 2))).json();
  expect([predictions.length, explanations.length]).toEqual([2, 2]);
});

test.each<[string, () => Promise<Response>, number, string]>([
  [
    'a class that is none',
    () => host.ask('/predict?explain=true&output=never', rows[0]),
    409,
    '"never" is no class of this model; it knows late, on time',
  ],
  ['a word that is none', () => host.ask('/predict?explain=maybe', rows[0]), 400, 'is "maybe", and must be true or false'],
  ['too many rows', () => host.ask('/predict?explain=true', Array(11).fill(rows[0])), 400, '11 rows are more than are explained at once'],
  [
    'a model without background',
    () => bare.ask('/predict?explain=true', rows[0]),
    409,
    'this version has no background rows that its answer could be compared with; promote it again',
  ],
])('%s is refused', async (_, asked, status, reason) => {
  const response = await asked();
  expect([response.status, (await response.json()).data.issues[0].reason]).toEqual([status, reason]);
});
