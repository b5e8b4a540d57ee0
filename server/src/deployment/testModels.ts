/** Models to test with (test/fixtures/models), stored on a test server as an exporter would store them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Bundle, bundle } from '@cellkeep/schema/registry';
import type { TestServer } from '../testing/index.ts';

export type ModelName = 'forest' | 'carriers' | 'progress';

export const folderOfModel = (name: ModelName): string => fileURLToPath(new URL(`../../../test/fixtures/models/${name}`, import.meta.url));
export const bundleOfModel = (name: ModelName): Bundle =>
  bundle.parse(JSON.parse(readFileSync(join(folderOfModel(name), 'cellkeep.json'), 'utf8')));
export const rowsOfModel = (name: ModelName): { columns: string[]; data: unknown[][] } =>
  JSON.parse(readFileSync(join(folderOfModel(name), 'example.json'), 'utf8'));

interface Options {
  /** Whose it is; absent: the owner's. */
  token?: string;
  runId?: string;
  /** False: its files alone, as an MLflow client would log it. */
  hasBundle?: boolean;
  change?: (bundle: Bundle) => Bundle;
}

/** @returns the id of the logged model */
export async function storeModel(
  server: TestServer,
  name: ModelName,
  { token = server.token, runId, hasBundle = true, change = (one) => one }: Options = {},
): Promise<string> {
  const { registry } = server.clientOf(token);
  const { id, artifactLocation } = await registry.loggedModels.create({ experimentId: '0', name, ...(runId && { runId }) });
  const folder = artifactLocation.replace(/^mlflow-artifacts:\//, '');
  for (const file of readdirSync(folderOfModel(name))) {
    const answer = await fetch(`${server.url}/api/2.0/mlflow-artifacts/artifacts/${folder}/${file}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}` },
      body: readFileSync(join(folderOfModel(name), file)),
    });
    if (!answer.ok) throw new Error(`${file} could not be stored: ${await answer.text()}`);
  }
  await registry.loggedModels.update({ id, status: 'ready' });
  if (hasBundle) await registry.bundles.put({ id, bundle: change(bundleOfModel(name)) });
  return id;
}

/** @returns its version */
export async function registerModel(server: TestServer, modelName: string, loggedModelId: string): Promise<number> {
  const { registry } = server.client;
  await registry.models.create({ name: modelName }).catch(() => {}); // it is there already
  return (await registry.versions.create({ name: modelName, loggedModelId })).version;
}
