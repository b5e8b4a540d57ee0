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
    const removed = await removeUnnamed(blobs, batch, references, before);
    collected.removed += removed;
    collected.kept += batch.length - removed;
    batch = [];
  };
  for await (const digest of blobs.list()) {
    if (batch.push(digest) >= BATCH) await sweep();
  }
  if (batch.length > 0) await sweep();
  return collected;
}

/**
 * Removes those of these blobs that nothing names and that were last stored before `before` (milliseconds since the epoch).
 * @returns how many
 */
export async function removeUnnamed(
  blobs: DiskBlobStore,
  digests: string[],
  references: FindReferences[],
  before: number,
): Promise<number> {
  const named = new Set<string>();
  for (const find of references) for (const digest of await find(digests)) named.add(digest);
  let removed = 0;
  for (const digest of digests) {
    if (!named.has(digest) && (await blobs.deleteUnlessNewer(digest, before))) removed += 1;
  }
  return removed;
}
