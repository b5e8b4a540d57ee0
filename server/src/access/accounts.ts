/**
 * Who is calling: turns a token or a session's secret into a caller.
 *
 * Answers are remembered for a few seconds, so that a stream of small requests costs no query each. Whoever changes users, tokens or
 * sessions says so in the same transaction (`accessChanged`), and every server process forgets as soon as it hears. The one that made the
 * change hears no sooner than the others, so it forgets by itself (`forget`) before it answers: whoever is told that a token is revoked
 * finds it refused.
 */
import type { Role } from '@cellkeep/schema/access';
import type { Sql } from 'postgres';
import type { Caller, Db } from '../core/context.ts';
import { hashOf } from './secrets.ts';

const CHANNEL = 'cellkeep_access';
/** ms; bounds how long a token lives on where a notice got lost with its connection. */
const REMEMBERED = 5_000;
const MOST_REMEMBERED = 10_000;
/** ms; a token's last use is written at most this often. */
const LAST_USED_STEP = 60_000;

export type Credential = { via: 'token' | 'session'; secret: string };

interface Remembered {
  caller: Caller;
  until: number;
}

export interface Accounts {
  /** Null where the secret is unknown, expired or revoked, or its user disabled. */
  callerOf: (credential: Credential) => Promise<Caller | null>;
  /** The same at once, where it is remembered. */
  remembered: (credential: Credential) => Caller | null;
  /** Forgets all callers. For whoever has committed a change, since the notice of it may come after the answer. */
  forget: () => void;
  /** Calls the listener after any change of users, tokens and sessions. */
  onChange: (listener: () => void) => () => void;
  close: () => Promise<void>;
}

export async function createAccounts(sql: Sql, now: () => number): Promise<Accounts> {
  // By the secret itself: hashing it cost a small request more than finding it. Texts are compared only after their seeded hashes agree,
  // so that no time tells how much of a guess was right.
  const known = { token: new Map<string, Remembered>(), session: new Map<string, Remembered>() };
  const listeners = new Set<() => void>();
  let changes = 0;
  const forget = () => {
    changes += 1;
    known.token.clear();
    known.session.clear();
    for (const listener of listeners) listener();
  };
  const { unlisten } = await sql.listen(CHANNEL, forget, forget);
  const remembered = ({ via, secret }: Credential): Caller | null => {
    const found = known[via].get(secret);
    return found && found.until > now() ? found.caller : null;
  };
  return {
    remembered,
    forget,
    async callerOf(credential) {
      const there = remembered(credential);
      if (there) return there;
      const { via, secret } = credential;
      const asked = changes;
      const hash = hashOf(secret);
      const found = via === 'token' ? await ofToken(sql, hash, now()) : await ofSession(sql, hash, now());
      known[via].delete(secret);
      if (!found) return null;
      if (asked !== changes) return found.caller; // read before a change, perhaps: true now, but not to be remembered
      if (known[via].size >= MOST_REMEMBERED) known[via].clear();
      known[via].set(secret, { caller: found.caller, until: Math.min(now() + REMEMBERED, found.until) });
      return found.caller;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: unlisten,
  };
}

/** To be called in the transaction that changes who may do what. */
export async function accessChanged(db: Db): Promise<void> {
  await db`select pg_notify(${CHANNEL}, '')`;
}

interface Row {
  id: string;
  userId: string;
  userName: string;
  workspaceId: string;
  role: Role;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
}

type Found = { caller: Caller; until: number } | null;

async function ofToken(sql: Sql, hash: Buffer, now: number): Promise<Found> {
  const [row] = await sql<Row[]>`
    select t.id, u.id as "userId", u.name as "userName", u.workspace_id as "workspaceId", u.role,
      t.expires_at as "expiresAt", t.last_used_at as "lastUsedAt"
    from tokens t join users u on u.id = t.user_id
    where t.hash = ${hash} and not u.disabled`;
  if (!row || (row.expiresAt && row.expiresAt.getTime() <= now)) return null;
  if (!row.lastUsedAt || row.lastUsedAt.getTime() < now - LAST_USED_STEP) {
    // Not waited for: a full disk must not keep anybody from reading.
    sql`update tokens set last_used_at = ${new Date(now)} where id = ${row.id}`.catch(() => {});
  }
  return found(row, 'token');
}

async function ofSession(sql: Sql, hash: Buffer, now: number): Promise<Found> {
  const [row] = await sql<Row[]>`
    select u.id as "userId", u.name as "userName", u.workspace_id as "workspaceId", u.role,
      least(s.expires_at, t.expires_at) as "expiresAt"
    from login_sessions s join users u on u.id = s.user_id left join tokens t on t.id = s.token_id
    where s.hash = ${hash} and not u.disabled and s.expires_at > ${new Date(now)}
      and (t.expires_at is null or t.expires_at > ${new Date(now)})`;
  return row ? found(row, 'session') : null;
}

function found({ userId, userName, workspaceId, role, expiresAt }: Row, via: Caller['via']): Found {
  return { caller: { userId, userName, workspaceId, role, via }, until: expiresAt?.getTime() ?? Number.POSITIVE_INFINITY };
}
