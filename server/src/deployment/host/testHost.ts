/** A host in the test's own process, with an endpoint, releases and a token that are stored as the server would store them. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EndpointSettings, endpointSettings, type Release } from '@cellkeep/schema/deployment';
import type { TestServer } from '../../testing/index.ts';
import { type ModelName, registerModel, storeModel } from '../testModels.ts';
import { type HostOptions, type RunningHost, startHost } from './host.ts';

export interface TestEndpoint {
  id: string;
  name: string;
  secret: string;
  doorSecret: string;
  /** Adds a release. @returns its id */
  release: (
    model: ModelName,
    options?: Partial<Pick<Release, 'role' | 'weight' | 'header'>> & { loggedModelId?: string },
  ) => Promise<string>;
  setRelease: (id: string, change: Partial<Pick<Release, 'role' | 'weight' | 'header'>>) => Promise<void>;
  setSettings: (change: Partial<EndpointSettings>) => Promise<void>;
  /** Hosts hear of what has changed. */
  changed: () => Promise<void>;
  start: (options?: HostOptions) => Promise<TestHost>;
}

export interface TestHost extends RunningHost {
  url: string;
  /** Folder that its models are unpacked into. */
  cache: string;
  lines: string[];
  /** With the endpoint's token, unless headers say otherwise. */
  ask: (path: string, body?: unknown, init?: RequestInit) => Promise<Response>;
}

/** Stored once a server: uploads take longer than all else here. */
const stored = new WeakMap<TestServer, Map<ModelName, Promise<string>>>();

function storedModel(server: TestServer, model: ModelName): Promise<string> {
  const models = stored.get(server) ?? new Map<ModelName, Promise<string>>();
  stored.set(server, models);
  const id = models.get(model) ?? storeModel(server, model);
  models.set(model, id);
  return id;
}

export async function testEndpoint(server: TestServer, settings: Partial<EndpointSettings> = {}): Promise<TestEndpoint> {
  const { sql } = server.database;
  const id = randomUUID();
  const name = `e-${id.slice(0, 8)}`;
  const secret = `ck_${randomUUID()}`;
  const doorSecret = randomUUID();
  const [owner] = await sql<{ id: string; workspaceId: string }[]>`select id, workspace_id as "workspaceId" from users limit 1`;
  if (!owner) throw new Error('the server has no user');
  let all = endpointSettings.parse(settings);
  await sql`
    insert into endpoints (id, workspace_id, name, description, settings, wanted, door_secret, user_id, created_at, updated_at)
    values (${id}, ${owner.workspaceId}, ${name}, 'Late flights', ${sql.json(all)}, 'running', ${doorSecret}, ${owner.id}, now(), now())`;
  await sql`
    insert into endpoint_tokens (id, endpoint_id, label, prefix, hash, user_id, created_at)
    values (${randomUUID()}, ${id}, 'laptop', 'ck_', ${createHash('sha256').update(secret).digest()}, ${owner.id}, now())`;
  const changed = async () => {
    await sql`update endpoints set generation = generation + 1 where id = ${id}`;
    await sql`select pg_notify('cellkeep_endpoint', ${id})`;
  };
  let number = 0;
  return {
    ...{ id, name, secret, doorSecret, changed },
    async release(model, { role = 'live', weight = 1, header = null, loggedModelId } = {}) {
      const logged = loggedModelId ?? (await storedModel(server, model));
      const modelName = `${model}-${id.slice(0, 8)}`;
      const version = await registerModel(server, modelName, logged);
      const [row] = await sql<{ id: string }[]>`select id from registered_models where name = ${modelName}`;
      const releaseId = randomUUID();
      number += 1;
      await sql`
        insert into releases (id, endpoint_id, number, model_id, version, logged_model_id, runtime, how, role, weight, header, user_id, created_at)
        values (${releaseId}, ${id}, ${number}, ${row?.id as string}, ${version}, ${logged}, 'onnx', 'replace', ${role}, ${weight},
          ${header && sql.json(header)}, ${owner.id}, now())`;
      return releaseId;
    },
    async setRelease(releaseId, { role, weight, header }) {
      if (role !== undefined) await sql`update releases set role = ${role} where id = ${releaseId}`;
      if (weight !== undefined) await sql`update releases set weight = ${weight} where id = ${releaseId}`;
      if (header !== undefined) await sql`update releases set header = ${header && sql.json(header)} where id = ${releaseId}`;
    },
    async setSettings(change) {
      all = { ...all, ...change };
      await sql`update endpoints set settings = ${sql.json(all)} where id = ${id}`;
    },
    start: (options = {}) => startTestHost(server, id, secret, options),
  };
}

async function startTestHost(server: TestServer, endpointId: string, secret: string, options: HostOptions): Promise<TestHost> {
  const cache = mkdtempSync(join(tmpdir(), 'cellkeep-host-'));
  const lines: string[] = [];
  const task = {
    ...{ hostId: randomUUID(), endpointId, databaseUrl: server.database.url, blobs: join(server.home, 'blobs'), cache },
    ...{ machine: 'test', host: '127.0.0.1', port: 0, python: '' },
  };
  const host = await startHost(task, { say: (line) => lines.push(line), ...options });
  const url = `http://127.0.0.1:${host.port}`;
  return {
    ...host,
    ...{ url, cache, lines },
    ask(path, body, init = {}) {
      const headers = new Headers({ authorization: `Bearer ${secret}`, 'content-type': 'application/json' });
      for (const [name, value] of new Headers(init.headers)) headers.set(name, value);
      const text =
        body === undefined || typeof body === 'string' || body instanceof Uint8Array ? (body as string | undefined) : JSON.stringify(body);
      return fetch(`${url}${path}`, { method: body === undefined ? 'GET' : 'POST', body: text, ...init, headers });
    },
    async close() {
      await host.close();
      rmSync(cache, { recursive: true, force: true });
    },
  };
}
