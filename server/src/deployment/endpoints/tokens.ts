/** Tokens that may ask one endpoint, and nothing else. Stored as hashes, as all secrets are; hosts read them with the endpoint. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { endpointToken } from '@cellkeep/schema/deployment';
import type { z } from 'zod';
import { requireRole } from '../../access/index.ts';
import type { CallContext, Caller, Db } from '../../core/context.ts';
import { appendEvent } from '../../core/events.ts';
import { failure } from '../../core/failure.ts';
import { whenHeard } from '../hosts/whenHeard.ts';
import { raiseGeneration } from './change.ts';
import { requireEndpoint } from './readEndpoints.ts';

type Token = z.infer<typeof endpointToken>;
type TokenRow = Omit<Token, 'createdAt' | 'lastUsedAt' | 'expiresAt'> & {
  createdAt: Date;
  lastUsedAt: Date | null;
  expiresAt: Date | null;
};

/** Tells it from a token of a user before anything is looked up. */
export const ENDPOINT_TOKEN = 'cke_';
const MOST = 1_000;
const DAY = 86_400_000;

const tokenOf = (row: TokenRow): Token => ({
  ...row,
  createdAt: row.createdAt.getTime(),
  lastUsedAt: row.lastUsedAt?.getTime() ?? null,
  expiresAt: row.expiresAt?.getTime() ?? null,
});

const columns = (db: Db) => db`
  t.id, t.label, t.prefix, t.rate_per_second as "ratePerSecond", u.name as "userName", t.created_at as "createdAt",
  t.last_used_at as "lastUsedAt", t.expires_at as "expiresAt"`;

export async function listEndpointTokens({ sql, caller }: CallContext, name: string): Promise<Token[]> {
  const endpoint = await requireEndpoint(sql, caller.workspaceId, name, { field: 'endpoint' });
  const rows = await sql<TokenRow[]>`
    select ${columns(sql)} from endpoint_tokens t join users u on u.id = t.user_id
    where t.endpoint_id = ${endpoint.id} order by t.created_at, t.id`;
  return rows.map(tokenOf);
}

interface NewToken {
  endpoint: string;
  label: string;
  ratePerSecond: number | null;
  expiresInDays: number | null;
}

export async function createEndpointToken(
  context: CallContext,
  { endpoint: name, label, ratePerSecond, expiresInDays }: NewToken,
): Promise<Token & { secret: string }> {
  requireRole(context, 'editor');
  const { sql, caller, now } = context;
  const secret = `${ENDPOINT_TOKEN}${randomBytes(32).toString('base64url')}`;
  const at = now();
  const [made, endpointId] = await sql.begin(async (tx): Promise<[Token & { secret: string }, string]> => {
    const endpoint = await requireEndpoint(tx, caller.workspaceId, name, { field: 'endpoint', isLocked: true });
    const [count] = await tx<{ n: number }[]>`select count(*)::int as n from endpoint_tokens where endpoint_id = ${endpoint.id}`;
    if ((count?.n ?? 0) >= MOST)
      throw failure('CONFLICT', { field: 'endpoint', reason: `${MOST} tokens may ask this endpoint already`, remedy: 'revoke some' });
    const row: TokenRow = {
      ...{
        id: randomUUID(),
        label,
        prefix: secret.slice(0, 9),
        ratePerSecond,
        userName: caller.userName,
        createdAt: new Date(at),
        lastUsedAt: null,
      },
      expiresAt: expiresInDays === null ? null : new Date(at + expiresInDays * DAY),
    };
    await tx`
      insert into endpoint_tokens (id, endpoint_id, label, prefix, hash, rate_per_second, user_id, created_at, expires_at)
      values (${row.id}, ${endpoint.id}, ${label}, ${row.prefix}, ${hashOf(secret)}, ${ratePerSecond}, ${caller.userId}, ${row.createdAt}, ${row.expiresAt})`;
    await appendEvent(tx, caller, {
      what: 'endpoint-token.created',
      subject: `endpoint-token:${row.id}`,
      data: { endpoint: name, label, prefix: row.prefix },
    });
    await raiseGeneration(tx, endpoint.id);
    return [{ ...tokenOf(row), secret }, endpoint.id];
  });
  await whenHeard(sql, endpointId);
  return made;
}

/** @returns false where there is none */
export async function revokeEndpointToken(context: CallContext, id: string): Promise<boolean> {
  requireRole(context, 'editor');
  const { sql, caller } = context;
  const endpointId = await sql.begin(async (tx) => {
    const [row] = await tx<{ endpointId: string; endpoint: string; label: string; prefix: string }[]>`
      delete from endpoint_tokens t using endpoints e
      where t.id = ${id} and e.id = t.endpoint_id and e.workspace_id = ${caller.workspaceId}
      returning t.endpoint_id as "endpointId", e.name as endpoint, t.label, t.prefix`;
    if (!row) return null;
    const { endpointId, ...data } = row;
    await appendEvent(tx, caller, { what: 'endpoint-token.revoked', subject: `endpoint-token:${id}`, data });
    await raiseGeneration(tx, endpointId);
    return endpointId;
  });
  if (endpointId !== null) await whenHeard(sql, endpointId);
  return endpointId !== null;
}

/** The label of a token that may ask this endpoint now; null: it may not. */
export async function labelOfToken(db: Db, endpointId: string, secret: string, now: number): Promise<string | null> {
  const [row] = await db<{ label: string }[]>`
    select label from endpoint_tokens
    where hash = ${hashOf(secret)} and endpoint_id = ${endpointId} and (expires_at is null or expires_at > ${new Date(now)})`;
  return row?.label ?? null;
}

/** Whoever made the token answers for what it does. Null: it may not. */
export async function callerOfToken(db: Db, endpointId: string, secret: string, now: number): Promise<Caller | null> {
  const [row] = await db<Pick<Caller, 'userId' | 'userName' | 'workspaceId'>[]>`
    select u.id as "userId", u.name as "userName", e.workspace_id as "workspaceId"
    from endpoint_tokens t join endpoints e on e.id = t.endpoint_id join users u on u.id = t.user_id
    where t.hash = ${hashOf(secret)} and t.endpoint_id = ${endpointId} and (t.expires_at is null or t.expires_at > ${new Date(now)})`;
  return row ? { ...row, role: 'editor', via: 'token' } : null;
}

const hashOf = (secret: string) => createHash('sha256').update(secret).digest();
