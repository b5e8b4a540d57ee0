/**
 * Removes parts that nothing names any more: those of deleted snapshots, of documents that a better one replaced, of uploads that nobody
 * went on with. What names parts stands in deflated manifests, so all of them are read once; what they name is struck off a list that the
 * database keeps, and memory stays as it is.
 */
import type { DiskBlobStore } from '../core/blobsOnDisk.ts';
import { type FindReferences, removeUnnamed } from '../core/collectBlobs.ts';
import type { Db, Services } from '../core/context.ts';
import { digestsOf, readManifest } from './manifest.ts';

/** ms since a part was last put, named or asked for: a kernel that knows that it sent one does not send it again that soon. */
export const RESTED = 7 * 24 * 3_600_000;
/** ms that a blob must have rested: it is stored a moment before the row that names it. */
const BLOB_RESTED = 15 * 60_000;
/** ms: a server that is started each morning sweeps as well. */
const FIRST_AFTER = 3_600_000;
const EVERY = 24 * 3_600_000;
/** Of all servers that share a database one sweeps: any number that no other lock has. */
const LOCK = 5_770_005;
const AT_ONCE = 50;
/** Digests that are known to be struck off: snapshots of a notebook share nearly all of theirs. */
const MOST_STRUCK = 100_000;
const LEAST_ID = '00000000-0000-0000-0000-000000000000';

interface RemovedPart {
  digest: string;
  isBlob: boolean;
}

export interface Swept {
  parts: number;
  blobs: number;
}

export async function sweepParts(
  { sql, now }: Pick<Services, 'sql' | 'now'>,
  blobs: DiskBlobStore,
  references: FindReferences[],
  rested = RESTED,
): Promise<Swept> {
  const before = new Date(now() - rested);
  const removed = await sql.begin(async (tx): Promise<RemovedPart[]> => {
    const [lock] = await tx<{ mine: boolean }[]>`select pg_try_advisory_xact_lock(${LOCK}) as mine`;
    if (!lock?.mine) return [];
    await tx`
      create temporary table unnamed_parts on commit drop as select workspace_id, digest from parts where put_at < ${before}`;
    const [found] = await tx<{ any: boolean }[]>`select exists (select from unnamed_parts) as any`;
    if (!found?.any) return [];
    await tx`create index on unnamed_parts (digest)`;
    await tx`analyze unnamed_parts`;
    await strikeNamed(tx);
    // One that was touched meanwhile stays: its row is looked at again here.
    return tx<RemovedPart[]>`
      delete from parts p using unnamed_parts u
      where p.workspace_id = u.workspace_id and p.digest = u.digest and p.put_at < ${before}
      returning encode(p.digest, 'hex') as digest, p.body is null as "isBlob"`;
  });
  const digests = [...new Set(removed.filter(({ isBlob }) => isBlob).map(({ digest }) => digest))];
  return { parts: removed.length, blobs: await removeUnnamed(blobs, digests, references, now() - Math.min(rested, BLOB_RESTED)) };
}

async function strikeNamed(tx: Db): Promise<void> {
  await tx`
    delete from unnamed_parts u using (
      select workspace_id, decode(unnest(outputs), 'hex') as digest from executions where outputs <> '{}'
      union all select workspace_id, decode(kernel -> 'git' ->> 'diff', 'hex') from snapshots where kernel -> 'git' ->> 'diff' is not null
      union all select c.workspace_id, decode(jsonb_array_elements_text(v -> 'parts'), 'hex')
        from checkpoints c, jsonb_array_elements(c.variables) as v
    ) named where u.workspace_id = named.workspace_id and u.digest = named.digest`;
  let struck = new Set<string>();
  for (let last = LEAST_ID; ; ) {
    const rows = await tx<{ id: string; workspaceId: string; document: Buffer }[]>`
      select id, workspace_id as "workspaceId", document from snapshots where document is not null and id > ${last} order by id limit ${AT_ONCE}`;
    for (const { workspaceId, document } of rows) {
      const named = [...digestsOf(await readManifest(document))].map((digest) => `${workspaceId} ${digest}`);
      const digests = named.filter((name) => !struck.has(name)).map((name) => name.slice(-64));
      if (digests.length === 0) continue;
      if (struck.size > MOST_STRUCK) struck = new Set();
      for (const name of named) struck.add(name);
      await tx`
        delete from unnamed_parts where workspace_id = ${workspaceId}
          and digest = any(array(select decode(d, 'hex') from unnest(${digests}::text[]) as d))`;
    }
    const end = rows.at(-1);
    if (!end) return;
    last = end.id;
  }
}

export function startSweepingParts(services: Services, blobs: DiskBlobStore, references: FindReferences[]): { stop: () => Promise<void> } {
  let working: Promise<unknown> = Promise.resolve();
  const sweep = () => {
    working = sweepParts(services, blobs, references).catch((error: unknown) =>
      services.log.warn({ err: error }, 'parts could not be swept'),
    );
  };
  const timers = [setTimeout(sweep, FIRST_AFTER), setInterval(sweep, EVERY)];
  for (const timer of timers) timer.unref();
  return {
    stop: async () => {
      for (const timer of timers) clearTimeout(timer);
      await working;
    },
  };
}
