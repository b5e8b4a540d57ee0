import { randomUUID } from 'node:crypto';
import { contract } from '@cellkeep/schema';
import type { Token, User } from '@cellkeep/schema/access';
import { implement } from '@orpc/server';
import type { CallContext, Db } from '../core/context.ts';
import { appendEvent } from '../core/events.ts';
import { failure } from '../core/failure.ts';
import { codeOf } from '../core/plainError.ts';
import { type Accounts, accessChanged } from './accounts.ts';
import { requireRole } from './roles.ts';
import { newToken } from './secrets.ts';

type UserRow = Omit<User, 'createdAt'> & { createdAt: Date };
type TokenRow = Omit<Token, 'createdAt' | 'lastUsedAt' | 'expiresAt'> & {
  createdAt: Date;
  lastUsedAt: Date | null;
  expiresAt: Date | null;
};

const userOf = (row: UserRow): User => ({ ...row, createdAt: row.createdAt.getTime() });
const tokenOf = (row: TokenRow): Token => ({
  ...row,
  createdAt: row.createdAt.getTime(),
  lastUsedAt: row.lastUsedAt?.getTime() ?? null,
  expiresAt: row.expiresAt?.getTime() ?? null,
});

/** @param accounts of this process, which remember callers */
export function createAccessRouter(accounts: Pick<Accounts, 'forget'>) {
  const os = implement(contract.access).$context<CallContext>();
  return os.router({
    me: os.me.handler(async ({ context }) => {
      const { sql, caller, version, startedAt } = context;
      const user = await requireUser(sql, caller.workspaceId, caller.userId);
      const [workspace] = await sql<{ id: string; name: string }[]>`select id, name from workspaces where id = ${caller.workspaceId}`;
      if (!workspace) throw failure('NOT_FOUND', { field: '', reason: 'the workspace is gone' });
      return { user: userOf(user), workspace, server: { version, startedAt } };
    }),
    users: {
      list: os.users.list.handler(async ({ context: { sql, caller } }) => {
        const rows = await sql<UserRow[]>`
          select id, name, role, disabled, created_at as "createdAt" from users
          where workspace_id = ${caller.workspaceId} order by name`;
        return { users: rows.map(userOf) };
      }),
      create: os.users.create.handler(async ({ context, input }) => {
        requireRole(context, 'owner');
        const { sql, caller, now } = context;
        const row: UserRow = { id: randomUUID(), name: input.name, role: input.role, disabled: false, createdAt: new Date(now()) };
        await sql
          .begin(async (tx) => {
            await tx`insert into users (id, workspace_id, name, role, created_at)
              values (${row.id}, ${caller.workspaceId}, ${row.name}, ${row.role}, ${row.createdAt})`;
            await appendEvent(tx, caller, {
              what: 'user.created',
              subject: `user:${row.id}`,
              after: userOf(row),
              data: { name: row.name, role: row.role },
            });
          })
          .catch((error: unknown) => {
            if (codeOf(error) !== '23505') throw error;
            throw failure(
              'CONFLICT',
              { field: 'name', reason: `a user named ${JSON.stringify(row.name)} is there already`, remedy: 'choose another name' },
              error,
            );
          });
        return { user: userOf(row) };
      }),
      update: os.users.update.handler(async ({ context, input }) => {
        requireRole(context, 'owner');
        const user = await updateUser(context, input);
        accounts.forget();
        return { user: userOf(user) };
      }),
    },
    tokens: {
      list: os.tokens.list.handler(async ({ context: { sql, caller } }) => {
        const rows = await sql<TokenRow[]>`
          select t.id, t.user_id as "userId", u.name as "userName", t.label, t.prefix, t.created_at as "createdAt",
            t.last_used_at as "lastUsedAt", t.expires_at as "expiresAt"
          from tokens t join users u on u.id = t.user_id
          where t.workspace_id = ${caller.workspaceId} ${caller.role === 'owner' ? sql`` : sql`and t.user_id = ${caller.userId}`}
          order by t.created_at, t.id`;
        return { tokens: rows.map(tokenOf) };
      }),
      create: os.tokens.create.handler(({ context, input }) => createToken(context, input)),
      revoke: os.tokens.revoke.handler(async ({ context, input }) => {
        const revoked = await revokeToken(context, input.id);
        accounts.forget();
        return { revoked };
      }),
    },
  });
}

async function requireUser(db: Db, workspaceId: string, id: string): Promise<UserRow> {
  const [row] = await db<UserRow[]>`
    select id, name, role, disabled, created_at as "createdAt" from users where workspace_id = ${workspaceId} and id = ${id}`;
  if (!row) throw failure('NOT_FOUND', { field: 'id', reason: `no user ${id}` });
  return row;
}

type UserChange = { id: string; role?: User['role']; disabled?: boolean };

async function updateUser({ sql, caller }: CallContext, { id, role, disabled }: UserChange): Promise<UserRow> {
  return sql.begin(async (tx) => {
    await tx`select id from users where workspace_id = ${caller.workspaceId} and role = 'owner' order by id for update`;
    const before = await requireUser(tx, caller.workspaceId, id);
    const after = { ...before, role: role ?? before.role, disabled: disabled ?? before.disabled };
    await tx`update users set role = ${after.role}, disabled = ${after.disabled} where id = ${id}`;
    const [owners] = await tx<{ count: number }[]>`
      select count(*)::int as count from users where workspace_id = ${caller.workspaceId} and role = 'owner' and not disabled`;
    if (owners?.count === 0) {
      throw failure('CONFLICT', { field: '', reason: `${before.name} is the last owner`, remedy: 'make somebody else owner first' });
    }
    const data = { name: after.name, role: after.role, disabled: after.disabled };
    await appendEvent(tx, caller, { what: 'user.updated', subject: `user:${id}`, before: userOf(before), after: userOf(after), data });
    await accessChanged(tx);
    return after;
  });
}

type NewTokenInput = { label: string; userId?: string; expiresAt?: number };

async function createToken(context: CallContext, { label, userId, expiresAt }: NewTokenInput): Promise<{ token: Token; secret: string }> {
  const { sql, caller, now } = context;
  if (userId && userId !== caller.userId) requireRole(context, 'owner');
  if (expiresAt !== undefined && expiresAt <= now()) {
    throw failure('BAD_REQUEST', { field: 'expiresAt', reason: 'that is in the past', remedy: 'choose a later time, or leave it out' });
  }
  const { secret, prefix, hash } = newToken();
  return sql.begin(async (tx) => {
    const user = await requireUser(tx, caller.workspaceId, userId ?? caller.userId);
    const row: TokenRow = {
      ...{ id: randomUUID(), userId: user.id, userName: user.name, label, prefix, createdAt: new Date(now()), lastUsedAt: null },
      expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
    };
    await tx`insert into tokens (id, workspace_id, user_id, label, prefix, hash, created_at, expires_at)
      values (${row.id}, ${caller.workspaceId}, ${user.id}, ${label}, ${prefix}, ${hash}, ${row.createdAt}, ${row.expiresAt})`;
    await appendEvent(tx, caller, { what: 'token.created', subject: `token:${row.id}`, data: { label, prefix, user: user.name } });
    return { token: tokenOf(row), secret };
  });
}

/** @returns false where no such token is there */
async function revokeToken(context: CallContext, id: string): Promise<boolean> {
  const { sql, caller } = context;
  return sql.begin(async (tx) => {
    const [row] = await tx<{ userId: string; label: string; prefix: string }[]>`
      select user_id as "userId", label, prefix from tokens where workspace_id = ${caller.workspaceId} and id = ${id} for update`;
    if (!row) return false;
    if (row.userId !== caller.userId) requireRole(context, 'owner');
    await tx`delete from tokens where id = ${id}`;
    await appendEvent(tx, caller, { what: 'token.revoked', subject: `token:${id}`, data: { label: row.label, prefix: row.prefix } });
    await accessChanged(tx);
    return true;
  });
}
