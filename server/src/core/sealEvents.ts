/**
 * The chain of hashes over a workspace's events: each link is SHA-256 of the link before it and of its own row, so a row that was changed,
 * removed or slipped in breaks the chain from there on. Sealing runs behind the writers, so that no change waits for another's hash; a
 * row is unsealed for a second or two.
 */
import { createHash } from 'node:crypto';
import type { Sql, TransactionSql } from 'postgres';
import { canonicalJson } from './events.ts';

/** Rows in one transaction. */
const BATCH = 1_000;
/** "seal" as a number */
const LOCK = 0x7365616c;
const START = Buffer.alloc(32);

interface EventRow {
  seq: string;
  workspaceId: string;
  at: Date;
  userId: string;
  who: string;
  what: string;
  subject: string;
  before: string | null;
  after: string | null;
  data: unknown;
}

interface SealedRow extends EventRow {
  link: string;
  hash: Buffer;
}

function linkHash(previous: Buffer, link: bigint, row: EventRow): Buffer {
  const { seq, workspaceId, at, userId, who, what, subject, before, after, data } = row;
  const content = { seq, workspaceId, at: at.toISOString(), userId, who, what, subject, before, after, data };
  return createHash('sha256').update(previous).update(`${link}\n`).update(canonicalJson(content)).digest();
}

/** Chains the rows that are committed and not yet sealed. @returns how many; 0 also where another process is at it */
export async function sealEvents(sql: Sql): Promise<number> {
  return sql.begin(async (tx) => {
    const [lock] = await tx<{ taken: boolean }[]>`select pg_try_advisory_xact_lock(${LOCK}) as taken`;
    if (!lock?.taken) return 0;
    const rows = await tx<EventRow[]>`select ${columns(tx)} from events where link is null order by events.seq limit ${BATCH}`;
    const chains = new Map<string, { link: bigint; hash: Buffer }>();
    const sealed: { seq: string; link: string; hash: string }[] = [];
    for (const row of rows) {
      const last = chains.get(row.workspaceId) ?? (await chainEnd(tx, row.workspaceId));
      const link = last.link + 1n;
      const hash = linkHash(last.hash, link, row);
      chains.set(row.workspaceId, { link, hash });
      sealed.push({ seq: row.seq, link: String(link), hash: hash.toString('hex') });
    }
    if (sealed.length === 0) return 0;
    await tx`
      update events e set link = s.link, hash = decode(s.hash, 'hex')
      from jsonb_to_recordset(${tx.json(sealed)}) as s (seq bigint, link bigint, hash text) where e.seq = s.seq`;
    for (const [workspaceId, { link, hash }] of chains) {
      await tx`insert into event_chains (workspace_id, link, hash) values (${workspaceId}, ${String(link)}, ${hash})
        on conflict (workspace_id) do update set link = excluded.link, hash = excluded.hash`;
    }
    return sealed.length;
  });
}

async function chainEnd(tx: TransactionSql, workspaceId: string): Promise<{ link: bigint; hash: Buffer }> {
  const [end] = await tx<{ link: string; hash: Buffer }[]>`select link, hash from event_chains where workspace_id = ${workspaceId}`;
  return end ? { link: BigInt(end.link), hash: end.hash } : { link: 0n, hash: START };
}

export interface Verification {
  checked: number;
  unsealed: number;
  /** `seq` of the first row that does not fit, or "end" where rows are missing at the end; null where all is well. */
  brokenAt: string | null;
}

/** Recomputes a workspace's chain from its first link, in constant memory. */
export async function verifyEvents(sql: Sql, workspaceId: string): Promise<Verification> {
  // One snapshot: rows that are sealed meanwhile are not there yet.
  return sql.begin('isolation level repeatable read read only', async (tx) => {
    const [count] = await tx<{ unsealed: number }[]>`
      select count(*)::int as unsealed from events where workspace_id = ${workspaceId} and link is null`;
    const end = await chainEnd(tx, workspaceId);
    let last: { link: bigint; hash: Buffer } = { link: 0n, hash: START };
    let checked = 0;
    const result = (brokenAt: string | null): Verification => ({ checked, unsealed: count?.unsealed ?? 0, brokenAt });
    const sealed = tx<SealedRow[]>`
      select ${columns(tx)}, link, hash from events where workspace_id = ${workspaceId} and link is not null order by link`;
    for await (const rows of sealed.cursor(BATCH)) {
      for (const row of rows) {
        const link = BigInt(row.link);
        if (link !== last.link + 1n || !linkHash(last.hash, link, row).equals(row.hash)) return result(row.seq);
        last = { link, hash: row.hash };
        checked += 1;
      }
    }
    return result(last.link === end.link && last.hash.equals(end.hash) ? null : 'end');
  });
}

const columns = (tx: TransactionSql) =>
  tx`seq, workspace_id as "workspaceId", at, user_id as "userId", who, what, subject, before, after, data`;
