/**
 * Files of batches that are not needed any more: rows that were stored for one a day ago (what a batch has read it names itself), and batches
 * that ended long ago, with their answers and the rows that nothing else names.
 */
import type { Sql } from 'postgres';
import type { DiskBlobStore } from '../../core/blobsOnDisk.ts';
import { type FindReferences, removeUnnamed } from '../../core/collectBlobs.ts';
import { appendEvents } from '../../core/events.ts';
import { forgetFiles } from '../../tracking/index.ts';
import { ROWS_FOLDER } from './batchRoutes.ts';
import { askerOf, type BatchRow, selectBatches, subjectOf } from './batchRows.ts';

const DAY = 86_400_000; // ms
/** ms that a blob must have rested: it is stored a moment before the row that names it. */
const BLOB_RESTED = 15 * 60_000;
const AT_ONCE = 100;

export interface SweptBatches {
  /** Stored rows that no batch was asked with. */
  files: number;
  batches: number;
  blobs: number;
}

/** @param days since a batch ended */
export async function sweepBatches(
  sql: Sql,
  { blobs, references }: { blobs: DiskBlobStore; references: FindReferences[] },
  days: number,
  { now = Date.now(), signal }: { now?: number; signal?: AbortSignal } = {},
): Promise<SweptBatches> {
  const swept: SweptBatches = { files: 0, batches: 0, blobs: 0 };
  const steps = [
    async () => {
      const digests = await forgetFiles(sql, ROWS_FOLDER, new Date(now - DAY), AT_ONCE);
      swept.files += digests.length;
      return digests;
    },
    async () => {
      const rows = await forgetBatches(sql, new Date(now - days * DAY));
      swept.batches += rows.length;
      return rows.flatMap(({ inputDigest, output }) => [inputDigest, ...(output ? [output.digest] : [])]);
    },
  ];
  for (const step of steps) {
    // A step has forgotten the rows when it ends: what it names is asked for once, and now.
    while (!signal?.aborted) {
      const digests = await step();
      if (digests.length === 0) break;
      swept.blobs += await removeUnnamed(blobs, [...new Set(digests)], references, now - BLOB_RESTED);
    }
  }
  return swept;
}

/** A few of those that ended before; the log keeps that they were. */
function forgetBatches(sql: Sql, before: Date): Promise<BatchRow[]> {
  return sql.begin(async (tx) => {
    const rows = await tx<BatchRow[]>`
      ${selectBatches(tx)} where b.ended_at < ${before} and b.status not in ('queued', 'running')
      order by b.ended_at limit ${AT_ONCE} for update of b skip locked`;
    await tx`delete from batches where id = any(${rows.map(({ id }) => id)}::uuid[])`;
    for (const row of rows)
      await appendEvents(tx, askerOf(row), [{ what: 'batch.removed', subject: subjectOf(row.id), data: { digest: row.output?.digest } }]);
    return [...rows];
  });
}
