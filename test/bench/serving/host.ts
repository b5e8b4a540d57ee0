/** Our host as the server starts it: the built program, on a Postgres of its own, with one release, token, log and counters on. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endpointSettings } from '@cellkeep/schema/deployment';
import { bundle as bundleSchema } from '@cellkeep/schema/registry';
import type { Sql } from 'postgres';
import { blobsOnDisk } from '../../../server/src/core/blobsOnDisk.ts';
import { migrate } from '../../../server/src/core/migrate.ts';
import { PYTHON } from '../load.ts';
import { OURS } from '../measure.ts';
import { freePort, startProgram } from '../processes.ts';
import { startPostgres } from '../subjects/postgres.ts';
import { servedBy } from './peers.ts';
import type { Served } from './served.ts';

const HOST = fileURLToPath(new URL('../../../server/dist/cellkeep-host.mjs', import.meta.url));

export interface ServedByHost extends Served {
  /** Requests that are in the log. */
  logged: () => Promise<number>;
}

/** @param model folder that model.py has made */
export async function startHostProcess(folder: string, model: string, nodeFlags: readonly string[] = []): Promise<ServedByHost> {
  mkdirSync(folder, { recursive: true });
  const postgres = await startPostgres(join(folder, 'database'));
  await postgres.createDatabase('serving');
  const sql = postgres.connect('serving');
  await migrate(sql);
  const secret = `ck_${randomUUID()}`;
  const endpointId = await store(sql, join(folder, 'blobs'), model, secret);
  const port = await freePort();
  const program = startProgram(process.execPath, [...nodeFlags, HOST], {
    cwd: folder,
    log: join(folder, 'host.log'),
    writeStdin: true,
  });
  const task = {
    ...{ hostId: randomUUID(), endpointId, databaseUrl: `postgres://${postgres.address}/serving`, blobs: join(folder, 'blobs') },
    ...{ cache: join(folder, 'cache'), machine: 'bench', host: '127.0.0.1', port, python: PYTHON },
  };
  program.child.stdin?.end(`${JSON.stringify(task)}\n`);
  const { columns, data } = JSON.parse(readFileSync(join(model, 'example.json'), 'utf8')) as { columns: string[]; data: number[][] };
  const body = JSON.stringify(Object.fromEntries(columns.map((name, i) => [name, data[0]?.[i]])));
  return {
    ...servedBy(OURS, program, port, '/ping', { path: '/predict', headers: { authorization: `Bearer ${secret}` }, body }),
    async logged() {
      const [row] = await sql<
        { n: number }[]
      >`select coalesce(sum(requests), 0)::int as n from prediction_chunks where endpoint_id = ${endpointId}`;
      return row?.n ?? 0;
    },
    async stop() {
      await program.stop();
      await postgres.stop();
    },
  };
}

async function store(sql: Sql, blobFolder: string, model: string, secret: string): Promise<string> {
  const [workspaceId, userId, modelId, endpointId] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  const loggedModelId = `m-${randomUUID().replaceAll('-', '')}`;
  const bundle = bundleSchema.parse(JSON.parse(readFileSync(join(model, 'cellkeep.json'), 'utf8')));
  const settings = endpointSettings.parse({});
  const blobs = await blobsOnDisk(blobFolder);
  await sql`insert into workspaces values (${workspaceId}, 'bench', now())`;
  await sql`insert into users (id, workspace_id, name, role, created_at) values (${userId}, ${workspaceId}, 'bench', 'owner', now())`;
  const [experiment] = await sql<{ id: string }[]>`
    insert into experiments (workspace_id, name, description, tags, created_at, updated_at)
    values (${workspaceId}, 'bench', '', '{}', now(), now()) returning id`;
  const location = `${experiment?.id}/models/${loggedModelId}/artifacts`;
  for (const name of readdirSync(model)) {
    const { digest, size } = await blobs.put(createReadStream(join(model, name)));
    await sql`
      insert into files (workspace_id, path, size, digest, media_type, created_at)
      values (${workspaceId}, ${`${location}/${name}`}, ${size}, ${digest}, 'application/octet-stream', now())`;
  }
  await sql`
    insert into logged_models (id, workspace_id, experiment_id, name, model_type, status, params, tags, artifact_location, user_name, created_at, updated_at)
    values (${loggedModelId}, ${workspaceId}, ${experiment?.id as string}, 'forest', '', 'ready', '{}', '{}',
      ${`mlflow-artifacts:/${location}`}, 'bench', 0, 0)`;
  await sql`insert into model_bundles values (${loggedModelId}, ${sql.json(bundle as never)}, ${userId}, now())`;
  await sql`
    insert into registered_models (id, workspace_id, name, description, tags, created_at, updated_at)
    values (${modelId}, ${workspaceId}, 'forest', '', '{}', 0, 0)`;
  await sql`
    insert into endpoints (id, workspace_id, name, description, settings, wanted, door_secret, user_id, created_at, updated_at)
    values (${endpointId}, ${workspaceId}, 'bench', '', ${sql.json(settings)}, 'running', ${randomUUID()}, ${userId}, now(), now())`;
  await sql`
    insert into releases (id, endpoint_id, number, model_id, version, logged_model_id, runtime, how, role, weight, user_id, created_at)
    values (${randomUUID()}, ${endpointId}, 1, ${modelId}, 1, ${loggedModelId}, ${bundle.runtime}, 'replace', 'live', 1, ${userId}, now())`;
  await sql`
    insert into endpoint_tokens (id, endpoint_id, label, prefix, hash, user_id, created_at)
    values (${randomUUID()}, ${endpointId}, 'bench', 'ck_', ${createHash('sha256').update(secret).digest()}, ${userId}, now())`;
  return endpointId;
}
