/** Forgets uploads that have ended or that nobody goes on with, and removes the bytes that only they had. */
import type { DiskBlobStore } from '../core/blobsOnDisk.ts';
import { type FindReferences, removeUnnamed } from '../core/collectBlobs.ts';
import type { Services } from '../core/context.ts';

/**
 * ms that an upload which has ended is remembered, and that a blob must have rested before it may go. A blob is stored a moment before
 * the row that names it: this is many times that moment, and not so long that a large file lies on the disk twice for hours.
 */
const ENDED = 15 * 60_000;
/** ms without a part: a laptop that was closed over a week's end goes on. */
const RESTED = 7 * 24 * 3_600_000;
const EVERY = 5 * 60_000;
const AT_ONCE = 100;

/** @returns how many blobs were removed */
export async function sweepUploads(
  { sql, now }: Pick<Services, 'sql' | 'now'>,
  blobs: DiskBlobStore,
  references: FindReferences[],
): Promise<number> {
  const ended = new Date(now() - ENDED);
  const rested = new Date(now() - RESTED);
  let removed = 0;
  for (;;) {
    const digests = await sql.begin(async (tx) => {
      const rows = await tx<{ id: string }[]>`
        select id from uploads where ended_at < ${ended} or updated_at < ${rested} order by updated_at limit ${AT_ONCE} for update skip locked`;
      const ids = rows.map(({ id }) => id);
      const parts = await tx<{ digest: string }[]>`delete from upload_parts where upload_id = any(${ids}::uuid[]) returning digest`;
      await tx`delete from uploads where id = any(${ids}::uuid[])`;
      return ids.length > 0 ? [...new Set(parts.map(({ digest }) => digest))] : null;
    });
    if (digests === null) return removed;
    removed += await removeUnnamed(blobs, digests, references, ended.getTime());
  }
}

export function startSweepingUploads(
  services: Services,
  blobs: DiskBlobStore,
  references: FindReferences[],
): { stop: () => Promise<void> } {
  let working: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    working = sweepUploads(services, blobs, references).catch((error: unknown) =>
      services.log.warn({ err: error }, 'uploads could not be swept'),
    );
  }, EVERY);
  timer.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await working;
    },
  };
}
