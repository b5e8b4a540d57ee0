/**
 * Releases on Ray clusters. Ray Serve's API takes all applications of a cluster at once, and takes away what it is not told of: what others
 * run there is read and written back with ours. Between the two nobody else may write; servers of one database wait for each other.
 */
import { stripVTControlCharacters } from 'node:util';
import type { RayDeployment } from '@cellkeep/schema/deployment';
import { requireRole } from '../../access/index.ts';
import type { CallContext, Db } from '../../core/context.ts';
import { appendEvent } from '../../core/events.ts';
import { failure } from '../../core/failure.ts';
import { requireEndpoint } from '../endpoints/readEndpoints.ts';
import { type PackedRelease, requirementsOf, requirePacked } from './packedRelease.ts';
import { isNamed, isNear, NotAllowed, type RaySettings } from './rayAddress.ts';
import { type Instance, type RayClient, RayFailure, rayClient } from './rayClient.ts';
import { packForRay } from './rayPackage.ts';

export interface RayTargets {
  settings: RaySettings;
  /** Interpreter with the package cellkeep; empty: none is known here. */
  python: string;
}

interface Put {
  id: string;
  releaseId: string;
  address: string;
  replicas: number;
  install: boolean;
}

interface Row extends Omit<RayDeployment, 'createdAt' | 'checkedAt'> {
  deleted: boolean;
  createdAt: Date;
  checkedAt: Date | null;
}

const select = (db: Db) => db`
  select d.id, e.name as endpoint, d.release_id as "releaseId", d.address, d.application, d.route_prefix as "routePrefix", d.status, d.message,
    u.name as "userName", d.deleted, d.created_at as "createdAt", d.checked_at as "checkedAt"
  from ray_deployments d join endpoints e on e.id = d.endpoint_id join users u on u.id = d.user_id`;

const deploymentOf = ({ deleted: _, createdAt, checkedAt, ...row }: Row): RayDeployment => ({
  ...row,
  createdAt: createdAt.getTime(),
  checkedAt: checkedAt?.getTime() ?? null,
});

export async function putRayDeployment(context: CallContext, targets: RayTargets, put: Put): Promise<RayDeployment> {
  requireRole(context, 'editor');
  const { sql, caller, now, blobs } = context;
  const address = requireAddress(context, targets.settings, put.address);
  const release = await requirePacked(context, put.releaseId, 'releaseId');
  const application = `cellkeep-${release.endpoint}-${release.number}`;
  const routePrefix = `/${release.endpoint}/${release.number}`;
  await requireFree(sql, caller.workspaceId, put, address);
  await told('address', async () => {
    const client = clientOf(targets.settings, address);
    await inTurn(context, address, async () => {
      const there = await client.serving();
      refuseOthers(there, application, routePrefix);
      const packed = await packForRay(release, blobs, targets.python);
      await client.store(packed.name, packed.bytes);
      await client.serve(withApplication(there, applicationOf(release, { application, routePrefix, packed: packed.name, ...put })));
    });
  });
  const at = new Date(now());
  await sql.begin(async (tx) => {
    await tx`
      insert into ray_deployments (id, endpoint_id, release_id, address, application, route_prefix, replicas, status, user_id, created_at)
      values (${put.id}, ${release.endpointId}, ${put.releaseId}, ${address}, ${application}, ${routePrefix}, ${put.replicas}, 'deploying',
        ${caller.userId}, ${at})
      on conflict (id) do update set replicas = excluded.replicas, status = 'deploying', message = '', deleted = false`;
    const data = { address, application, replicas: put.replicas, endpoint: release.endpoint, release: release.number };
    await appendEvent(tx, caller, { what: 'ray-deployment.put', subject: `release:${put.releaseId}`, data });
  });
  return deploymentOf(await requireRow(sql, caller.workspaceId, put.id));
}

/** An id names one release on one cluster for good: asking again deploys it again. */
async function requireFree(sql: Db, workspaceId: string, { id, releaseId }: Put, address: string): Promise<void> {
  const [known] = await sql<{ releaseId: string; address: string; workspaceId: string }[]>`
    select d.release_id as "releaseId", d.address, e.workspace_id as "workspaceId" from ray_deployments d
    join endpoints e on e.id = d.endpoint_id where d.id = ${id}`;
  if (!known || (known.releaseId === releaseId && known.address === address && known.workspaceId === workspaceId)) return;
  throw failure('CONFLICT', { field: 'id', reason: `the id ${id} is taken`, remedy: 'choose another one' });
}

/** @returns without what does not belong to it. @throws BAD_REQUEST, FORBIDDEN */
function requireAddress(context: CallContext, { hosts }: RaySettings, given: string): string {
  const url = new URL(given);
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '' || url.pathname !== '/')
    throw failure('BAD_REQUEST', {
      field: 'address',
      reason: 'the address is protocol, host and port alone',
      remedy: 'like http://head:8265',
    });
  if (hosts !== null) {
    if (isNamed(hosts, host)) return url.origin;
    const remedy = 'whoever runs this server lists them in CELLKEEP_RAY_HOSTS';
    throw failure('FORBIDDEN', { field: 'address', reason: `${host} is none of the hosts that this server asks`, remedy });
  }
  requireRole(context, 'owner'); // no list says what may be asked
  if (/^[\d.]+$|:/.test(host) && !isNear(host))
    throw failure('FORBIDDEN', { field: 'address', reason: `${host} is no private address`, remedy: 'list it in CELLKEEP_RAY_HOSTS' });
  return url.origin;
}

const clientOf = ({ hosts }: RaySettings, address: string): RayClient => rayClient(address, hosts === null);

/** What a cluster says is for whoever asked; that this server may not ask it, too. */
async function told<T>(field: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NotAllowed)
      throw failure('FORBIDDEN', { field, reason: error.message, remedy: 'list it in CELLKEEP_RAY_HOSTS' }, error);
    if (error instanceof RayFailure) throw failure('CONFLICT', { field, reason: error.message }, error);
    throw error;
  }
}

/** One after the other for each cluster, on all servers of this database. */
function inTurn<T>({ sql }: CallContext, address: string, work: () => Promise<T>): Promise<T> {
  return sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(hashtextextended(${`ray:${address}`}, 0))`;
    return work();
  }) as Promise<T>;
}

function refuseOthers({ applications }: Instance, name: string, routePrefix: string): void {
  const other = Object.entries(applications).find(([key, { route_prefix }]) => key !== name && route_prefix === routePrefix);
  if (!other) return;
  const reason = `the application ${JSON.stringify(other[0])} of the cluster answers at ${routePrefix} already`;
  throw failure('CONFLICT', { field: 'address', reason, remedy: 'take it away there, or choose another cluster' });
}

interface Application {
  application: string;
  routePrefix: string;
  packed: string;
  replicas: number;
  install: boolean;
}

function applicationOf(release: PackedRelease, { application, routePrefix, packed, replicas, install }: Application) {
  return {
    name: application,
    route_prefix: routePrefix,
    import_path: 'cellkeep_serving.ray_app:deployment',
    runtime_env: { working_dir: `gcs://${packed}`, ...(install ? { pip: requirementsOf(release, false) } : {}) },
    deployments: [{ name: 'model', num_replicas: replicas }],
  };
}

/** Those of others as they were deployed; what was started by a program of its own is none of the API's, and stays. */
function withApplication(there: Instance, ours: { name: string } | null, gone?: string): Record<string, unknown> {
  const others = Object.values(there.applications).flatMap(({ deployed_app_config: config }) =>
    config && config.name !== ours?.name && config.name !== gone ? [config] : [],
  );
  // Written back, such a value would be what the application gets.
  if (JSON.stringify(others).includes('<redacted>'))
    throw new RayFailure(
      'the cluster hides the environment of other applications from whoever asks, so that they cannot be kept as they are',
    );
  const { proxy_location, http_options, grpc_options } = there;
  return {
    ...(proxy_location ? { proxy_location } : {}),
    ...(http_options ? { http_options } : {}),
    ...(grpc_options ? { grpc_options } : {}),
    applications: ours ? [...others, ours] : others,
  };
}

async function requireRow(db: Db, workspaceId: string, id: string): Promise<Row> {
  const [row] = await db<Row[]>`${select(db)} where d.id = ${id} and e.workspace_id = ${workspaceId}`;
  if (!row) throw failure('NOT_FOUND', { field: 'id', reason: `no deployment ${id}` });
  return row;
}

/** As the clusters say now; where one does not answer, as it was last, with that said. */
export async function listRayDeployments(context: CallContext, { settings }: RayTargets, endpoint: string): Promise<RayDeployment[]> {
  const { sql, caller } = context;
  const { id } = await requireEndpoint(sql, caller.workspaceId, endpoint, { field: 'endpoint' });
  const rows = await sql<Row[]>`${select(sql)} where d.endpoint_id = ${id} and not d.deleted order by d.created_at desc, d.id`;
  const byAddress = new Map<string, Promise<Instance | Error>>();
  for (const { address } of rows) {
    if (!byAddress.has(address)) byAddress.set(address, clientOf(settings, address).serving().catch((error: Error) => error)); // biome-ignore format: one line
  }
  for (const row of rows) await check(context, row, await byAddress.get(row.address));
  return Promise.all(rows.map(async ({ id: own }) => deploymentOf(await requireRow(sql, caller.workspaceId, own))));
}

const STATUS: Record<string, RayDeployment['status']> = {
  ...{ NOT_STARTED: 'deploying', DEPLOYING: 'deploying', RUNNING: 'running', UNHEALTHY: 'unhealthy', DEPLOY_FAILED: 'failed' },
  DELETING: 'deleted',
};

async function check({ sql, now }: CallContext, { id, application }: Row, seen: Instance | Error | undefined): Promise<void> {
  if (seen === undefined || seen instanceof Error) {
    await sql`update ray_deployments set status = 'unknown', message = ${seen?.message ?? ''} where id = ${id}`;
    return;
  }
  const found = seen.applications[application];
  const status = found ? (STATUS[found.status] ?? 'unknown') : 'deleted';
  const message = found ? messageOf(found) : 'the cluster runs it no more';
  await sql`update ray_deployments set status = ${status}, message = ${message}, checked_at = ${new Date(now())} where id = ${id}`;
}

/** Of the application and its deployment, which knows more: the end of a traceback says what went wrong. */
function messageOf({ message, deployments }: Instance['applications'][string]): string {
  const all = [message, ...Object.values(deployments ?? {}).map((one) => one.message)].filter(Boolean).join('\n');
  return stripVTControlCharacters(all).slice(-4_000);
}

/** Ours alone. @returns false where it was gone already */
export async function deleteRayDeployment(context: CallContext, { settings }: RayTargets, id: string): Promise<boolean> {
  requireRole(context, 'editor');
  const { sql, caller } = context;
  const row = await requireRow(sql, caller.workspaceId, id);
  if (row.deleted) return false;
  if (settings.hosts === null) requireRole(context, 'owner');
  const wasThere = await told('id', () =>
    inTurn(context, row.address, async () => {
      const client = clientOf(settings, row.address);
      const there = await client.serving();
      if (!there.applications[row.application]?.deployed_app_config) return false;
      await client.serve(withApplication(there, null, row.application));
      return true;
    }),
  );
  await sql.begin(async (tx) => {
    await tx`update ray_deployments set deleted = true, status = 'deleted', message = '' where id = ${id}`;
    const data = { address: row.address, application: row.application };
    await appendEvent(tx, caller, { what: 'ray-deployment.deleted', subject: `release:${row.releaseId}`, data });
  });
  return wasThere;
}
