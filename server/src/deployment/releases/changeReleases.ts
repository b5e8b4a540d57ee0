/** Releases are put behind an endpoint, and the traffic is moved by people. What hosts make of it is settled in settle.ts. */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Endpoint, Release, releaseCreate, trafficPut } from '@cellkeep/schema/deployment';
import { canaryPlan } from '@cellkeep/schema/deployment';
import type { JSONValue } from 'postgres';
import type { z } from 'zod';
import { requireRole } from '../../access/index.ts';
import type { CallContext, Caller, Db } from '../../core/context.ts';
import { failure } from '../../core/failure.ts';
import { changeEndpoint, type Effects } from '../endpoints/change.ts';
import { getEndpoint, subjectOfEndpoint } from '../endpoints/changeEndpoints.ts';
import { columnsOfEndpoint, type EndpointRow, requireEndpoint, type Seen } from '../endpoints/readEndpoints.ts';
import { whenHeard } from '../hosts/whenHeard.ts';
import { requireServed } from '../promotions/promotionSource.ts';
import { inTraffic, retire, rollBack, type Standing, setWeights, takeAll } from './moves.ts';
import { type ReleaseRow, readRelease, readReleases, releaseOf, saveStandings, standingOf } from './releaseRows.ts';
import { requireServable } from './servable.ts';

type NewRelease = z.infer<typeof releaseCreate>;
type Traffic = z.infer<typeof trafficPut>;

/** Hosts load every one of them. */
const MOST_ACTIVE = 20;

export const subjectOfRelease = (id: string) => `release:${id}`;

/** Waits for nothing: hosts load it beside what serves. Asking twice with one id makes one. */
export async function createRelease(context: CallContext, seen: Seen, input: NewRelease): Promise<Release> {
  requireRole(context, 'editor');
  const { sql, caller, now } = context;
  const plan = planOf(input);
  const id = input.id ?? randomUUID();
  await changeEndpoint(context, seen, {
    who: caller,
    find: (tx) => requireEndpoint(tx, caller.workspaceId, input.endpoint, { field: 'endpoint', isLocked: true }),
    work: async (tx, endpoint, { events, edges, releases }) => {
      const there = await readRelease(tx, caller.workspaceId, id);
      if (there) return requireSame(there, endpoint, input, plan);
      const made = await requireServable(tx, caller.workspaceId, input);
      await requireServed(tx, caller, input);
      const active = await readReleases(tx, [endpoint.id], { others: 0 });
      if (active.length >= MOST_ACTIVE) throw tooMany(input.endpoint);
      const number = await nextNumber(tx, endpoint.id);
      const inserted = await tx`
        insert into releases (id, endpoint_id, number, model_id, version, logged_model_id, runtime, how, role, weight, header, plan,
          notebook_path, user_id, created_at)
        values (${id}, ${endpoint.id}, ${number}, ${made.modelId}, ${input.version}, ${made.loggedModelId}, ${made.runtime}, ${input.how},
          'starting', 0, ${input.header ? tx.json(input.header) : null}, ${plan ? tx.json(plan as unknown as JSONValue) : null},
          ${made.notebookPath}, ${caller.userId}, ${new Date(now())})
        on conflict (id) do nothing returning id`;
      if (inserted.length === 0) throw failure('CONFLICT', { field: 'id', reason: `the id ${id} is taken`, remedy: 'choose another one' });
      // It is to be loaded now, also where nobody has asked for long.
      await tx`update endpoints set asleep_at = null, last_request_at = ${new Date(now())} where id = ${endpoint.id}`;
      const { endpoint: name, modelName, version, how } = input;
      events.push({
        what: 'release.created',
        subject: subjectOfRelease(id),
        after: { ...input, id, plan },
        data: { endpoint: name, modelName, version, how, number },
      });
      edges.push(
        { from: `model-version:${made.modelId}/${version}`, relation: 'used', to: subjectOfRelease(id) },
        { from: subjectOfRelease(id), relation: 'part-of', to: subjectOfEndpoint(endpoint.id) },
      );
      releases.add(id);
    },
  });
  return getRelease({ sql, caller }, id);
}

function planOf({ how, plan }: NewRelease) {
  if (how !== 'canary') {
    if (!plan) return null;
    throw failure('BAD_REQUEST', {
      field: 'plan',
      reason: `a plan is for canaries, and this is to ${how}`,
      remedy: 'say how: "canary", or leave the plan out',
    });
  }
  const made = plan ?? canaryPlan.parse({});
  const isAscending = made.steps.every((share, i) => i === 0 || share > (made.steps[i - 1] ?? 0));
  if (isAscending) return made;
  throw failure('BAD_REQUEST', {
    field: 'plan.steps',
    reason: `the shares ${made.steps.join(', ')} do not ascend`,
    remedy: 'order them, and name none twice',
  });
}

function requireSame(
  there: ReleaseRow,
  endpoint: EndpointRow,
  { modelName, version, how, header }: NewRelease,
  plan: Release['plan'],
): void {
  const isSame =
    there.endpointId === endpoint.id &&
    there.modelName === modelName &&
    there.version === version &&
    there.how === how &&
    isDeepStrictEqual([there.header, there.plan], [header, plan]);
  if (isSame) return;
  const reason = `release ${there.id} is version ${there.version} of ${JSON.stringify(there.modelName)} behind ${JSON.stringify(there.endpoint)}`;
  throw failure('CONFLICT', { field: 'id', reason, remedy: 'choose another id' });
}

function tooMany(name: string) {
  const reason = `${MOST_ACTIVE} releases are behind ${JSON.stringify(name)}, and each of its hosts has all of them in memory`;
  return failure('CONFLICT', { field: 'endpoint', reason, remedy: 'retire some of them first' });
}

async function nextNumber(tx: Db, endpointId: string): Promise<number> {
  const [row] = await tx<{ next: number }[]>`
    select coalesce(max(number), 0)::int + 1 as next from releases where endpoint_id = ${endpointId}`;
  return row?.next ?? 1;
}

export async function getRelease({ sql, caller }: Pick<CallContext, 'sql' | 'caller'>, id: string): Promise<Release> {
  return releaseOf(await requireRelease(sql, caller.workspaceId, id));
}

async function requireRelease(db: Db, workspaceId: string, id: string): Promise<ReleaseRow> {
  const row = await readRelease(db, workspaceId, id);
  if (!row) throw failure('NOT_FOUND', { field: 'id', reason: `no release ${id}` });
  return row;
}

interface Moving {
  endpoint: EndpointRow;
  before: Standing[];
  rows: ReleaseRow[];
}

interface Move {
  find: (tx: Db) => Promise<EndpointRow>;
  what: string;
  data?: Record<string, unknown>;
  move: (moving: Moving) => Standing[];
  readAt?: number;
}

/** One move of an endpoint's traffic, in its log. Nothing is written where nothing moves. */
export function moveTraffic(
  context: Pick<CallContext, 'sql' | 'live' | 'log'>,
  seen: Seen,
  who: Pick<Caller, 'workspaceId' | 'userId' | 'userName'>,
  { find, what, data, move, readAt }: Move,
): Promise<boolean> {
  return changeEndpoint(context, seen, {
    ...{ who, find, readAt },
    work: async (tx, endpoint, { events, releases }: Effects) => {
      const rows = await readReleases(tx, [endpoint.id], { others: 0 });
      const before = rows.map(standingOf);
      const after = move({ endpoint, before, rows });
      const changed = await saveStandings(tx, before, after);
      if (changed.length === 0) return false;
      for (const id of changed) releases.add(id);
      const shares = (standings: readonly Standing[]) =>
        Object.fromEntries(inTraffic(standings).map(({ number, weight }) => [number, weight]));
      events.push({
        what,
        subject: subjectOfEndpoint(endpoint.id),
        before: shares(before),
        after: shares(after),
        data: { endpoint: endpoint.name, shares: shares(after), ...data },
      });
      return true;
    },
  });
}

/** @throws BAD_REQUEST where the shares do not sum to 1, CONFLICT where one of them cannot take traffic */
export async function setTraffic(context: CallContext, seen: Seen, { endpoint: name, weights, readAt }: Traffic): Promise<Endpoint> {
  requireRole(context, 'editor');
  const { caller, now } = context;
  const chosen = new Map(weights.map(({ releaseId, weight }) => [releaseId, weight]));
  if (chosen.size < weights.length)
    throw failure('BAD_REQUEST', { field: 'weights', reason: 'a release is named twice', remedy: 'name each once' });
  const sum = weights.reduce((total, { weight }) => total + weight, 0);
  if (Math.abs(sum - 1) > 1e-6) {
    throw failure('BAD_REQUEST', {
      field: 'weights',
      reason: `the shares sum to ${Number(sum.toPrecision(6))}`,
      remedy: 'choose shares that sum to 1',
    });
  }
  await moveTraffic(context, seen, caller, {
    find: (tx) => requireEndpoint(tx, caller.workspaceId, name, { field: 'endpoint', isLocked: true }),
    what: 'endpoint.traffic-set',
    readAt,
    move: ({ before }) => {
      for (const [i, { releaseId }] of weights.entries()) requireTakesTraffic(before, releaseId, `weights[${i}].releaseId`, name);
      return setWeights(before, chosen, now());
    },
  });
  const shown = await getEndpoint(context, seen, name);
  await whenHeard(context.sql, shown.id);
  return shown;
}

function requireTakesTraffic(releases: readonly Standing[], id: string, field: string, name: string): void {
  const found = releases.find((release) => release.id === id);
  if (!found)
    throw failure('CONFLICT', {
      field,
      reason: `no release ${id} is loaded behind ${JSON.stringify(name)}`,
      remedy: 'put the version behind it by a new release',
    });
  if (found.role === 'starting')
    throw failure('CONFLICT', { field, reason: `release ${found.number} is being loaded`, remedy: 'wait until it is live' });
  if (found.role === 'shadow') {
    throw failure('CONFLICT', {
      field,
      reason: `release ${found.number} is a shadow: its answers are compared, never given`,
      remedy: 'put its version behind the endpoint by another release',
    });
  }
}

const findByRelease =
  (workspaceId: string, id: string) =>
  async (tx: Db): Promise<EndpointRow> => {
    const { endpointId } = await requireRelease(tx, workspaceId, id);
    const [row] = await tx<EndpointRow[]>`
    select ${columnsOfEndpoint(tx)} from endpoints e join users u on u.id = e.user_id
    where e.id = ${endpointId} and e.deleted_at is null for update of e`;
    if (!row) throw failure('CONFLICT', { field: 'id', reason: 'the endpoint of this release was deleted' });
    return row;
  };

export async function finishCanary(context: CallContext, seen: Seen, id: string): Promise<Release> {
  requireRole(context, 'editor');
  const { caller, now } = context;
  await moveTraffic(context, seen, caller, {
    find: findByRelease(caller.workspaceId, id),
    what: 'release.canary-finished',
    data: { release: id },
    move: ({ before }) => {
      const own = before.find((release) => release.id === id);
      if (own?.role === 'canary') return takeAll(before, id, now());
      throw failure('CONFLICT', {
        field: 'id',
        reason: `this release is ${own?.role ?? 'over'}, and no canary`,
        remedy: 'set the weights instead',
      });
    },
  });
  return getRelease(context, id);
}

export async function rollBackEndpoint(
  context: CallContext,
  seen: Seen,
  { endpoint: name, reason }: { endpoint: string; reason: string },
): Promise<Endpoint> {
  requireRole(context, 'editor');
  const { caller, now } = context;
  await moveTraffic(context, seen, caller, {
    find: (tx) => requireEndpoint(tx, caller.workspaceId, name, { field: 'endpoint', isLocked: true }),
    what: 'endpoint.rolled-back',
    data: { reason },
    move: ({ before }) => {
      const after = rollBack(before, now(), reason || `rolled back by ${caller.userName}`);
      if (after) return after;
      const nothing = `no release of ${JSON.stringify(name)} was live before the present one and is loaded still`;
      throw failure('CONFLICT', { field: 'endpoint', reason: nothing, remedy: 'put the version that you want behind it by a new release' });
    },
  });
  const shown = await getEndpoint(context, seen, name);
  await whenHeard(context.sql, shown.id);
  return shown;
}

export async function retireRelease(context: CallContext, seen: Seen, id: string): Promise<Release> {
  requireRole(context, 'editor');
  const { sql, caller, now } = context;
  const there = await requireRelease(sql, caller.workspaceId, id);
  if (there.role === 'retired') return releaseOf(there);
  if (there.role === 'failed')
    throw failure('CONFLICT', {
      field: 'id',
      reason: `release ${there.number} has failed, and answers nothing`,
      remedy: 'there is nothing to retire',
    });
  await moveTraffic(context, seen, caller, {
    find: findByRelease(caller.workspaceId, id),
    what: 'release.retired',
    data: { release: id },
    move: ({ before }) => {
      const own = before.find((release) => release.id === id);
      if (!own) return before; // retired meanwhile
      const others = inTraffic(before).filter((release) => release.id !== id && release.role === 'live');
      if (own.role === 'live' && own.weight > 0 && others.length === 0) {
        const reason = `release ${own.number} is the only live one of ${JSON.stringify(there.endpoint)}`;
        throw failure('CONFLICT', { field: 'id', reason, remedy: 'put another behind the endpoint first, or stop the endpoint' });
      }
      return retire(before, id, now(), `retired by ${caller.userName}`);
    },
  });
  return getRelease(context, id);
}
