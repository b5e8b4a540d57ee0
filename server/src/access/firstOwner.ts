/**
 * The first start makes a workspace and its owner. Each home has an API token of that owner in `<home>/token`, so that scripts and later
 * starts on this home use the same one.
 */
import { randomUUID } from 'node:crypto';
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Sql, TransactionSql } from 'postgres';
import type { Caller } from '../core/context.ts';
import { appendEvent } from '../core/events.ts';
import { accessChanged } from './accounts.ts';
import { hashOf, newToken } from './secrets.ts';

export interface Owner {
  caller: Caller;
  /** API token, also in `<home>/token`. */
  token: string;
}

/** @param home folder of the token; @param now milliseconds since the epoch */
export async function firstOwner(sql: Sql, home: string, now: number): Promise<Owner> {
  const file = join(home, 'token');
  const kept = readKept(file);
  const known = kept && (await ownerOfToken(sql, kept, now));
  if (kept && known) return { caller: known, token: kept };
  // A token in the file that the database does not know was revoked, or belongs to another database: never let in again.
  return sql.begin(async (tx) => {
    const caller = (await anyOwner(tx)) ?? (await makeOwner(tx, new Date(now)));
    const { secret, prefix, hash } = newToken();
    const id = randomUUID();
    await tx`insert into tokens (id, workspace_id, user_id, label, prefix, hash, created_at)
      values (${id}, ${caller.workspaceId}, ${caller.userId}, ${`server on ${hostname()}`}, ${prefix}, ${hash}, ${new Date(now)})`;
    await appendEvent(tx, caller, { what: 'token.created', subject: `token:${id}`, data: { prefix, home: true } });
    await accessChanged(tx);
    keep(file, secret);
    return { caller, token: secret };
  });
}

function readKept(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim() || null;
  } catch {
    return null;
  }
}

function keep(file: string, secret: string): void {
  writeFileSync(`${file}.new`, `${secret}\n`, { mode: 0o600 });
  chmodSync(`${file}.new`, 0o600); // a file that lay there keeps its mode
  renameSync(`${file}.new`, file);
}

interface UserRow {
  userId: string;
  userName: string;
  workspaceId: string;
}

const asCaller = (row: UserRow): Caller => ({ ...row, role: 'owner', via: 'token' });

async function ownerOfToken(sql: Sql, secret: string, now: number): Promise<Caller | null> {
  const [row] = await sql<UserRow[]>`
    select u.id as "userId", u.name as "userName", u.workspace_id as "workspaceId"
    from tokens t join users u on u.id = t.user_id
    where t.hash = ${hashOf(secret)} and u.role = 'owner' and not u.disabled and (t.expires_at is null or t.expires_at > ${new Date(now)})`;
  return row ? asCaller(row) : null;
}

async function anyOwner(tx: TransactionSql): Promise<Caller | null> {
  await tx`lock table workspaces in share row exclusive mode`; // two first starts on one database make one owner
  const [row] = await tx<UserRow[]>`
    select id as "userId", name as "userName", workspace_id as "workspaceId"
    from users where role = 'owner' and not disabled order by created_at, id limit 1`;
  return row ? asCaller(row) : null;
}

async function makeOwner(tx: TransactionSql, now: Date): Promise<Caller> {
  const [there] = await tx<{ id: string }[]>`select id from workspaces order by created_at limit 1`;
  const workspaceId = there?.id ?? randomUUID();
  if (!there) await tx`insert into workspaces (id, name, created_at) values (${workspaceId}, 'default', ${now})`;
  const caller: Caller = { userId: randomUUID(), userName: nameOfPerson(), workspaceId, role: 'owner', via: 'token' };
  await tx`insert into users (id, workspace_id, name, role, created_at)
    values (${caller.userId}, ${workspaceId}, ${caller.userName}, 'owner', ${now})
    on conflict (workspace_id, name) do update set role = 'owner', disabled = false returning id`.then(([row]) => {
    if (row) caller.userId = String(row.id);
  });
  await appendEvent(tx, caller, { what: 'user.created', subject: `user:${caller.userId}`, data: { name: caller.userName, role: 'owner' } });
  return caller;
}

function nameOfPerson(): string {
  try {
    return userInfo().username || 'owner';
  } catch {
    return 'owner'; // a container's user without an entry
  }
}
