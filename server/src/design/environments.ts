/** What snapshots ran on: one row, however many of them used it. */
import { createHash } from 'node:crypto';
import type { Environment } from '@cellkeep/schema/design';
import type { JSONValue } from 'postgres';
import type { Db } from '../core/context.ts';
import { canonicalJson } from '../core/events.ts';
import { failure } from '../core/failure.ts';

export const digestOfEnvironment = (given: unknown) => createHash('sha256').update(canonicalJson(given)).digest('hex');

/**
 * @param given as it was sent, where members that have a default may be absent: its digest is of that, or of the whole
 * @returns false where it was there already
 * @throws BAD_REQUEST where it has another digest
 */
export async function storeEnvironment(
  db: Db,
  workspaceId: string,
  digest: string,
  environment: Environment,
  given: unknown,
): Promise<boolean> {
  const found = digestOfEnvironment(environment);
  if (found !== digest && digestAsGiven(given) !== digest) {
    const remedy = 'name it by the SHA-256 of its JSON with sorted keys, no spaces and all members';
    throw failure('BAD_REQUEST', { field: 'digest', reason: `the environment has the digest ${found}`, remedy });
  }
  const rows = await db`
    insert into environments (workspace_id, digest, body)
    values (${workspaceId}, decode(${digest}, 'hex'), ${db.json(environment as unknown as JSONValue)})
    on conflict do nothing returning 1`;
  return rows.length > 0;
}

function digestAsGiven(given: unknown): string | null {
  try {
    return digestOfEnvironment(given);
  } catch (error) {
    if (error instanceof RangeError) return null; // a member that we do not know is nested deeper than a stack is high
    throw error;
  }
}

export async function requireEnvironment(db: Db, workspaceId: string, digest: string): Promise<Environment> {
  const [row] = await db<{ body: Environment }[]>`
    select body from environments where workspace_id = ${workspaceId} and digest = decode(${digest}, 'hex')`;
  if (!row) throw failure('NOT_FOUND', { field: 'digest', reason: `no environment ${digest}` });
  return row.body;
}
