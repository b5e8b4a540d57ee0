/** Endpoints are made, set up, stopped, started and deleted. */
import { randomBytes, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  type Endpoint,
  type EndpointSettings,
  type endpointCreate,
  endpointSettings,
  type endpointUpdate,
} from '@cellkeep/schema/deployment';
import type { JSONValue } from 'postgres';
import type { z } from 'zod';
import { requireRole } from '../../access/index.ts';
import type { CallContext, Db } from '../../core/context.ts';
import { appendEvent } from '../../core/events.ts';
import { failure } from '../../core/failure.ts';
import { whenHeard } from '../hosts/whenHeard.ts';
import { changeEndpoint, tell } from './change.ts';
import { columnsOfEndpoint, type EndpointRow, requireEndpoint, type Seen, showEndpoints } from './readEndpoints.ts';

export const subjectOfEndpoint = (id: string) => `endpoint:${id}`;

async function show(db: Db, row: EndpointRow, seen: Seen): Promise<Endpoint> {
  const [shown] = await showEndpoints(db, [row], seen);
  return shown as Endpoint;
}

export const getEndpoint = async ({ sql, caller }: CallContext, seen: Seen, name: string): Promise<Endpoint> =>
  show(sql, await requireEndpoint(sql, caller.workspaceId, name), seen);

/** Asking for the same twice makes one. @throws CONFLICT where another one has the name, in any workspace */
export async function createEndpoint(context: CallContext, seen: Seen, input: z.infer<typeof endpointCreate>): Promise<Endpoint> {
  requireRole(context, 'editor');
  const { sql, caller, now } = context;
  const { name, description, settings } = input;
  const id = randomUUID();
  const at = new Date(now());
  const [row, isNew] = await sql.begin(async (tx): Promise<[EndpointRow, boolean]> => {
    const made = await tx`
      insert into endpoints (id, workspace_id, name, description, settings, wanted, door_secret, user_id, created_at, updated_at)
      values (${id}, ${caller.workspaceId}, ${name}, ${description}, ${tx.json(settings as unknown as JSONValue)}, 'running',
        ${randomBytes(32).toString('base64url')}, ${caller.userId}, ${at}, ${at})
      on conflict (name) where deleted_at is null do nothing returning id`;
    if (made.length === 0) return [await requireSame(tx, caller.workspaceId, input), false];
    await appendEvent(tx, caller, { what: 'endpoint.created', subject: subjectOfEndpoint(id), after: input, data: { name } });
    return [await requireEndpoint(tx, caller.workspaceId, name), true];
  });
  if (isNew) await tell(context, seen, row.id);
  return show(sql, row, seen);
}

async function requireSame(
  tx: Db,
  workspaceId: string,
  { name, description, settings }: z.infer<typeof endpointCreate>,
): Promise<EndpointRow> {
  const [there] = await tx<EndpointRow[]>`
    select ${columnsOfEndpoint(tx)} from endpoints e join users u on u.id = e.user_id where e.name = ${name} and e.deleted_at is null`;
  const isSame = there?.workspaceId === workspaceId && there.description === description && isDeepStrictEqual(there.settings, settings);
  if (there && isSame) return there;
  const reason = `an endpoint named ${JSON.stringify(name)} is there already`;
  throw failure('CONFLICT', { field: 'name', reason, remedy: 'choose another name, or put a release behind that one' });
}

/** Whoever is told of a change finds it so: the door and the hosts go by the right to ask, and by what is there, as it is now. */
async function whenFelt({ sql }: CallContext, seen: Seen, endpointId: string): Promise<void> {
  await Promise.all([seen.lookAgain(), whenHeard(sql, endpointId)]);
}

const stateOf = ({ description, settings, wanted }: Pick<EndpointRow, 'description' | 'settings' | 'wanted'>) => ({
  description,
  settings,
  wanted,
});

export async function updateEndpoint(context: CallContext, seen: Seen, update: z.infer<typeof endpointUpdate>): Promise<Endpoint> {
  requireRole(context, 'editor');
  const { caller, now } = context;
  const { name, readAt } = update;
  const find = (tx: Db) => requireEndpoint(tx, caller.workspaceId, name, { isLocked: true });
  const changed = await changeEndpoint(context, seen, {
    ...{ who: caller, find, readAt },
    work: async (tx, before, { events }): Promise<string | null> => {
      const after = {
        description: update.description ?? before.description,
        settings: merged(before.settings, update.settings),
        wanted: update.wanted ?? before.wanted,
      };
      if (isDeepStrictEqual(stateOf(before), after)) return null;
      // Whoever changes it wants to see it: it begins awake, and falls asleep again when nobody asks.
      await tx`
        update endpoints set description = ${after.description}, settings = ${tx.json(after.settings as unknown as JSONValue)},
          wanted = ${after.wanted}, asleep_at = null, last_request_at = ${new Date(now())}
        where id = ${before.id}`;
      const data = { name, ...(after.wanted === before.wanted ? {} : { wanted: after.wanted }) };
      events.push({ what: 'endpoint.updated', subject: subjectOfEndpoint(before.id), before: stateOf(before), after, data });
      return before.id;
    },
  });
  if (changed !== null) await whenFelt(context, seen, changed);
  return getEndpoint(context, seen, name);
}

/** What is absent stays: a partial schema fills in defaults, which nobody asked for. */
function merged(before: EndpointSettings, given: Partial<EndpointSettings> | undefined): EndpointSettings {
  const named = Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== undefined));
  return endpointSettings.parse({ ...before, ...named });
}

/** Its name is free at once; its hosts answer what they have begun. What it answered stays as long as it was to be kept. */
export async function deleteEndpoint(context: CallContext, seen: Seen, name: string): Promise<void> {
  requireRole(context, 'editor');
  const { caller, now } = context;
  const at = new Date(now());
  await changeEndpoint(context, seen, {
    who: caller,
    find: (tx) => requireEndpoint(tx, caller.workspaceId, name, { isLocked: true }),
    work: async (tx, before, { events, releases }) => {
      const retired = await tx<{ id: string }[]>`
        update releases set role = 'retired', weight = 0, weight_before = null, retired_at = ${at}, message = 'the endpoint was deleted'
        where endpoint_id = ${before.id} and role not in ('retired', 'failed') returning id`;
      for (const { id } of retired) releases.add(id);
      await tx`delete from endpoint_tokens where endpoint_id = ${before.id}`;
      await tx`update endpoints set deleted_at = ${at}, wanted = 'stopped' where id = ${before.id}`;
      events.push({ what: 'endpoint.deleted', subject: subjectOfEndpoint(before.id), before: stateOf(before), data: { name } });
    },
  });
  await seen.lookAgain(); // the door; hosts that answer what they have begun are not waited for
}
