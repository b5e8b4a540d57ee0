/** Browsers that logged in: with a token, or with the login link that the server printed at its start. */
import { randomBytes } from 'node:crypto';
import type { Sql } from 'postgres';
import type { Caller } from '../core/context.ts';
import { accessChanged } from './accounts.ts';
import { csrfOf, hashOf, newSecret, sameHash } from './secrets.ts';

/** ms: thirty days. */
const LIFETIME = 30 * 24 * 3_600_000;

export interface OpenedSession {
  secret: string;
  csrf: string;
  expiresAt: number;
}

/** The login link's secret: random for each server process, kept in memory as a hash only. */
export interface LoginLink {
  secret: string;
  fits: (secret: string) => boolean;
}

export function createLoginLink(): LoginLink {
  const secret = randomBytes(24).toString('base64url');
  const hash = hashOf(secret);
  return { secret, fits: (given) => sameHash(hashOf(given), hash) };
}

/**
 * Opens a session; `token` is the one that it was opened with and ends with, null for the login link.
 * @returns null where that token has just been revoked
 */
export async function openSession(sql: Sql, caller: Caller, token: string | null, now: number): Promise<OpenedSession | null> {
  const secret = newSecret();
  const expiresAt = now + LIFETIME;
  const isOpen = await sql.begin(async (tx) => {
    await tx`delete from login_sessions where expires_at <= ${new Date(now)}`;
    const [opener] = token === null ? [] : await tx<{ id: string }[]>`select id from tokens where hash = ${hashOf(token)} for key share`;
    if (token !== null && !opener) return false; // without it the session would outlive what it was opened with
    await tx`insert into login_sessions (hash, workspace_id, user_id, token_id, created_at, expires_at)
      values (${hashOf(secret)}, ${caller.workspaceId}, ${caller.userId}, ${opener?.id ?? null}, ${new Date(now)}, ${new Date(expiresAt)})`;
    return true;
  });
  return isOpen ? { secret, csrf: csrfOf(secret), expiresAt } : null;
}

/** @returns whether there was one */
export async function closeSession(sql: Sql, secret: string): Promise<boolean> {
  return sql.begin(async (tx) => {
    const closed = await tx`delete from login_sessions where hash = ${hashOf(secret)} returning hash`;
    await accessChanged(tx);
    return closed.length > 0;
  });
}
