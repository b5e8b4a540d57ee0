/** Removes blobs that nothing refers to. A blob is stored before what refers to it, so only those older than a grace period may go. */
import type { DiskBlobStore } from './blobsOnDisk.ts';

/** Of these digests, those that a row of the database names. Each room that stores blobs has one. */
export type FindReferences = (digests: string[]) => Promise<Iterable<string>>;

export interface Collected {
  kept: number;
  removed: number;
}

const BATCH = 1_000;
/** ms: an upload of a day, and then the row that names it. */
export const GRACE = 24 * 3_600_000;

/** @param now milliseconds since the epoch */
export async function collectBlobs(blobs: DiskBlobStore, references: FindReferences[], now: number, grace = GRACE): Promise<Collected> {
  const collected: Collected = { kept: 0, removed: 0 };
  const before = now - grace;
  let batch: string[] = [];
  const sweep = async () => {
    const named = new Set<string>();
    for (const find of references) for (const digest of await find(batch)) named.add(digest);
    for (const digest of batch) {
      if (!named.has(digest) && (await blobs.deleteUnlessNewer(digest, before))) collected.removed += 1;
      else collected.kept += 1;
    }
    batch = [];
  };
  for await (const digest of blobs.list()) {
    if (batch.push(digest) >= BATCH) await sweep();
  }
  if (batch.length > 0) await sweep();
  return collected;
}
