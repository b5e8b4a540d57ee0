/** Versions with a bundle, for tests that need no model behind them. */
import { randomUUID } from 'node:crypto';
import type { BundleInput } from '@cellkeep/schema/registry';
import type { JSONValue } from 'postgres';
import type { TestServer } from '../testing/index.ts';

const column = (name: string) => ({ name, type: 'double' as const });

export const testBundle = (more: Partial<BundleInput> = {}): BundleInput => ({
  ...{ format: 1, runtime: 'onnx', framework: 'sklearn', className: 'LinearRegression', task: 'regression', classes: null },
  signature: { layout: 'columns', inputs: [column('x')], outputs: [column('y')] },
  export: { tried: [], rows: { example: 1, random: 0 }, maxDifference: 0, tolerance: 1e-5, seconds: 0 },
  origin: { notebookPath: 'flights.ipynb' },
  sizeBytes: 0,
  ...more,
});

/** A registered model of its own with as many versions as asked for, each of a logged model with a bundle. @returns its name */
export async function testModel(server: TestServer, versions = 1, bundle = testBundle()): Promise<string> {
  const { registry, tracking, access } = server.client;
  const name = `model-${randomUUID().slice(0, 8)}`;
  await registry.models.create({ name });
  const run = await tracking.runs.create({ name: 'forest' });
  const { user } = await access.me();
  for (let i = 0; i < versions; i++) {
    const { id } = await registry.loggedModels.create({ experimentId: run.experimentId, runId: run.id, name: 'forest' });
    const { sql } = server.database;
    await sql`
      insert into model_bundles (logged_model_id, bundle, user_id, created_at)
      values (${id}, ${sql.json(bundle as unknown as JSONValue)}, ${user.id}, now())`;
    await registry.versions.create({ name, loggedModelId: id });
  }
  return name;
}
