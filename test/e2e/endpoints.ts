/** Models to promote in a test of the server UI, stored as an exporter stores them (test/fixtures/models), and endpoints that serve them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '@cellkeep/schema/registry';
import { type Cellkeep, expect } from './fixtures.ts';
import { checkout } from './processes.ts';

export type StoredModel = 'forest' | 'carriers' | 'progress';

const folderOf = (model: StoredModel) => join(checkout, 'test/fixtures/models', model);
const readJson = (model: StoredModel, file: string) => JSON.parse(readFileSync(join(folderOf(model), file), 'utf8'));

export const rowsOf = (model: StoredModel): { columns: string[]; data: unknown[][] } => readJson(model, 'example.json');
/** What the model itself answered to these rows when it was made. */
export const answersOf = (model: StoredModel): { label: unknown[] } => readJson(model, 'answers.json');

/** @returns the id of the logged model */
export async function storeModel({ client, url, token }: Cellkeep, model: StoredModel, runId?: string): Promise<string> {
  const { id, artifactLocation } = await client.registry.loggedModels.create({ experimentId: '0', name: model, ...(runId && { runId }) });
  const folder = artifactLocation.replace(/^mlflow-artifacts:\//, '');
  for (const file of readdirSync(folderOf(model))) {
    const answer = await fetch(`${url}/api/2.0/mlflow-artifacts/artifacts/${folder}/${file}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}` },
      body: readFileSync(join(folderOf(model), file)),
    });
    expect(answer.ok, file).toBe(true);
  }
  await client.registry.loggedModels.update({ id, status: 'ready' });
  await client.registry.bundles.put({ id, bundle: bundle.parse(readJson(model, 'cellkeep.json')) });
  return id;
}

/** Versions of a model of that name, all of the same stored one. */
export async function registerVersions(cellkeep: Cellkeep, name: string, model: StoredModel, versions = 1): Promise<void> {
  const { registry } = cellkeep.client;
  await registry.models.create({ name });
  for (let i = 0; i < versions; i++) await registry.versions.create({ name, loggedModelId: await storeModel(cellkeep, model) });
}

/** An endpoint that answers with version 1 of a model of the same name. */
export async function serveModel(cellkeep: Cellkeep, name: string, model: StoredModel, versions = 1): Promise<void> {
  const { endpoints, releases } = cellkeep.client.deployment;
  await registerVersions(cellkeep, name, model, versions);
  await endpoints.create({ name });
  await releases.create({ endpoint: name, modelName: name, version: 1 });
  await expect.poll(async () => (await endpoints.get({ name })).state, { timeout: 30_000 }).toBe('ready');
}

/** @returns ids of the predictions */
export async function askRows({ url, token }: Cellkeep, name: string, rows: unknown[], times = 1): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < times; i++) {
    const answer = await fetch(`${url}/endpoints/${name}/predict`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(rows),
    });
    expect(answer.status).toBe(200);
    ids.push(((await answer.json()) as { predictionId: string }).predictionId);
  }
  return ids;
}
