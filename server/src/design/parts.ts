/**
 * Cells, outputs, diffs and kept variables, each named by the digest of its bytes and stored once a workspace: small ones as rows, since a
 * file and its fsync each would cost more than they hold, large ones as blobs. What names a part touches it, and one that nothing names
 * goes only a week after it was last touched (sweepParts.ts): so nobody has to lock parts while they are being named.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Part, PartKind } from '@cellkeep/schema/design';
import type { Sql } from 'postgres';
import type { BlobStore } from '../core/blobs.ts';
import type { FindReferences } from '../core/collectBlobs.ts';
import type { CallContext, Db } from '../core/context.ts';
import { failure } from '../core/failure.ts';
import { shapeCheck } from './partShape.ts';

/** bytes */
export const LARGEST_ROW = 64 * 1024;
/** ms: one that was touched within it is not touched again. */
const TOUCHED_FOR = 12 * 3_600_000;
/** bytes of bodies in one statement */
const AT_ONCE = 4 * 1024 * 1024;
/** Blobs that are written at the same time: their waits for the disk overlap. */
const TOGETHER = 4;

/** Checked, and if it is large, its bytes are in the blob store. */
export interface ReadyPart {
  digest: string;
  kind: PartKind;
  /** bytes */
  size: number;
  /** Null: it is a blob. */
  body: Buffer | null;
}

type Checked = ReadyPart & { body: Buffer };

/** @throws BAD_REQUEST where the bytes have another digest, or are not of that kind. @param field of the request that names it */
export function checkPart({ body, ...named }: Part, field: string): Checked {
  return checkPartBytes(named, Buffer.from(body, 'utf8'), `${field}.body`, body.isWellFormed());
}

export function checkPartBytes({ digest, kind }: Pick<Part, 'digest' | 'kind'>, body: Buffer, field: string, isWhole = true): Checked {
  const found = createHash('sha256').update(body).digest('hex');
  if (found !== digest) {
    const why = isWhole ? '' : ', since half of a surrogate pair has no bytes: write it as an escape';
    throw failure('BAD_REQUEST', { field, reason: `these bytes have the digest ${found}, not ${digest}${why}` });
  }
  const shape = shapeCheck(kind, field);
  shape.write(body);
  shape.end();
  return { digest, kind, size: body.length, body };
}

/**
 * Moves large bodies into the blob store, where they are not there yet. Before the transaction that stores the rows: a blob without a row
 * is collected some day.
 */
export async function keepLarge({ sql, blobs, caller, now }: CallContext, parts: readonly ReadyPart[]): Promise<ReadyPart[]> {
  const large = [...new Map(parts.filter(({ size }) => size > LARGEST_ROW).map((part) => [part.digest, part])).values()];
  if (large.length === 0) return [...parts];
  const rows = await sql<{ digest: string }[]>`
    select encode(digest, 'hex') as digest from parts
    where workspace_id = ${caller.workspaceId} and digest = any(${digestsIn(sql, large)}) and put_at > ${touchedSince(now())}`;
  const there = new Set(rows.map(({ digest }) => digest));
  const waiting = large.filter(({ digest }) => !there.has(digest));
  const work = async () => {
    for (let part = waiting.pop(); part; part = waiting.pop()) if (part.body) await blobs.put(Readable.from([part.body]));
  };
  await Promise.all(Array.from({ length: TOGETHER }, work));
  return parts.map((part) => (part.size > LARGEST_ROW ? { ...part, body: null } : part));
}

/** @returns how many were new */
export async function storeParts(db: Db, workspaceId: string, parts: readonly ReadyPart[], now: number): Promise<number> {
  // In one order for everybody, and none twice in a statement.
  const sorted = [...new Map(parts.map((part) => [part.digest, part])).values()].sort((a, b) => (a.digest < b.digest ? -1 : 1));
  let stored = 0;
  for (let from = 0; from < sorted.length; ) {
    let to = from;
    for (let bytes = 0; to < sorted.length && bytes < AT_ONCE; to++) bytes += sorted[to]?.body?.length ?? 0;
    stored += await storeSome(db, workspaceId, sorted.slice(from, to), now);
    from = to;
  }
  return stored;
}

async function storeSome(db: Db, workspaceId: string, parts: readonly ReadyPart[], now: number): Promise<number> {
  let at = 1;
  const starts = parts.map(({ body }) => {
    const start = at;
    at += body?.length ?? 0;
    return body ? start : null;
  });
  const rows = await db<{ isNew: boolean }[]>`
    with bytes as materialized (select ${Buffer.concat(parts.flatMap(({ body }) => body ?? []))}::bytea as b)
    insert into parts (workspace_id, digest, kind, size, body, put_at)
    select ${workspaceId}, decode(p.digest, 'hex'), p.kind, p.size, substring(bytes.b from p.start for p.size::int), ${new Date(now)}
    from unnest(${parts.map(({ digest }) => digest)}::text[], ${parts.map(({ kind }) => kind)}::text[],
      ${parts.map(({ size }) => size)}::bigint[], ${starts}::int[]) as p (digest, kind, size, start), bytes
    on conflict (workspace_id, digest) do update set put_at = excluded.put_at where parts.put_at <= ${touchedSince(now)}
    returning xmax = 0 as "isNew"`;
  return rows.filter(({ isNew }) => isNew).length;
}

/**
 * Of these digests, those that are not there. Those that are there stay for a week at least.
 */
export async function missingParts(db: Db, workspaceId: string, digests: Iterable<string>, now: number): Promise<string[]> {
  const wanted = [...new Set(digests)];
  if (wanted.length === 0) return [];
  const rows = await db<{ digest: string; isOld: boolean }[]>`
    select encode(digest, 'hex') as digest, put_at <= ${touchedSince(now)} as "isOld" from parts
    where workspace_id = ${workspaceId} and digest = any(${digestsIn(db, wanted)})`;
  const old = rows.filter(({ isOld }) => isOld).map(({ digest }) => digest);
  const there = new Set(rows.filter(({ isOld }) => !isOld).map(({ digest }) => digest));
  if (old.length > 0) {
    const touched = await db<{ digest: string }[]>`
      with locked as (
        select digest from parts where workspace_id = ${workspaceId} and digest = any(${digestsIn(db, old)}) order by digest for update
      )
      update parts p set put_at = ${new Date(now)} from locked where p.workspace_id = ${workspaceId} and p.digest = locked.digest
      returning encode(p.digest, 'hex') as digest`;
    for (const { digest } of touched) there.add(digest);
  }
  return wanted.filter((digest) => !there.has(digest));
}

export interface StoredPart {
  digest: string;
  kind: PartKind;
  /** bytes */
  size: number;
  /** Null: it is a blob. */
  body: Buffer | null;
}

/** Those that are there, by digest. Their bodies have at most 64 KiB each. */
export async function findParts(db: Db, workspaceId: string, digests: Iterable<string>): Promise<Map<string, StoredPart>> {
  const wanted = [...new Set(digests)];
  if (wanted.length === 0) return new Map();
  const rows = await db<StoredPart[]>`
    select encode(digest, 'hex') as digest, kind, size::float8 as size, body from parts
    where workspace_id = ${workspaceId} and digest = any(${digestsIn(db, wanted)})`;
  return new Map(rows.map((part) => [part.digest, part]));
}

/** Parts in one window of `partsInOrder`: 12 MiB at most. */
const WINDOW = 200;

/** For each of these digests in turn its part, or undefined; asked for in windows, so that neither one by one nor all are read at once. */
export async function* partsInOrder(
  db: Db,
  workspaceId: string,
  digests: readonly string[],
): AsyncGenerator<StoredPart | undefined, undefined> {
  for (let from = 0; from < digests.length; from += WINDOW) {
    const some = digests.slice(from, from + WINDOW);
    const parts = await findParts(db, workspaceId, some);
    for (const digest of some) yield parts.get(digest);
  }
}

/** Sizes in bytes of those that are there, by digest. */
export async function sizesOfParts(db: Db, workspaceId: string, digests: Iterable<string>): Promise<Map<string, number>> {
  const wanted = [...new Set(digests)];
  if (wanted.length === 0) return new Map();
  const rows = await db<{ digest: string; size: number }[]>`
    select encode(digest, 'hex') as digest, size::float8 as size from parts
    where workspace_id = ${workspaceId} and digest = any(${digestsIn(db, wanted)})`;
  return new Map(rows.map(({ digest, size }) => [digest, size]));
}

/** Its bytes from `start` to before `end`; null where the blob is gone. */
export async function openPart(
  blobs: BlobStore,
  { digest, size, body }: StoredPart,
  { start, end }: { start: number; end: number } = { start: 0, end: size },
): Promise<Readable | null> {
  if (body) return Readable.from([body.subarray(start, end)]);
  if (end <= start) return Readable.from([]);
  return (await blobs.get(digest, { start, end: end - 1 }))?.stream ?? null;
}

function digestsIn(db: Db, parts: readonly (string | { digest: string })[]) {
  const digests = parts.map((part) => (typeof part === 'string' ? part : part.digest));
  return db`array(select decode(d, 'hex') from unnest(${digests}::text[]) as d)`;
}

const touchedSince = (now: number) => new Date(now - TOUCHED_FOR);

/** For the collector: of these blobs, those that are parts of any workspace. */
export function partReferences(sql: Sql): FindReferences {
  return async (digests) => {
    const rows = await sql<{ digest: string }[]>`
      select distinct encode(digest, 'hex') as digest from parts where body is null and digest = any(${digestsIn(sql, digests)})`;
    return rows.map(({ digest }) => digest);
  };
}
