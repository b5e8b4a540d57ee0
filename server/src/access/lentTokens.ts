/** Tokens that the server makes for a process of its own, which works for a user: limited in time, and gone when the work is done. */
import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { accessChanged } from './accounts.ts';
import { newToken } from './secrets.ts';

export interface LentToken {
  secret: string;
  /** Safe to call twice. */
  takeBack: () => Promise<void>;
}

/** With all rights of the user, until `expiresAt` (ms since the epoch) at the latest. */
export async function lendToken(
  sql: Sql,
  { workspaceId, userId }: { workspaceId: string; userId: string },
  { label, now, expiresAt }: { label: string; now: number; expiresAt: number },
): Promise<LentToken> {
  const { secret, prefix, hash } = newToken();
  const id = randomUUID();
  await sql`insert into tokens (id, workspace_id, user_id, label, prefix, hash, created_at, expires_at)
    values (${id}, ${workspaceId}, ${userId}, ${label}, ${prefix}, ${hash}, ${new Date(now)}, ${new Date(expiresAt)})`;
  return {
    secret,
    takeBack: async () => {
      await sql.begin(async (tx) => {
        const gone = await tx`delete from tokens where id = ${id} returning id`;
        if (gone.length > 0) await accessChanged(tx);
      });
    },
  };
}
