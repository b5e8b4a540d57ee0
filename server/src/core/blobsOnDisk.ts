/**
 * Blobs as files: `<folder>/ab/cdef…`, sharded by the first byte of the digest so that no folder grows without bound.
 *
 * A blob is written under another name, its bytes and then its folder are synced, and only then is it acknowledged: a crash leaves at most
 * a half-written temporary file, which the next start removes.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, opendir, rename, rm, stat, unlink, utimes } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { BlobStore, StoredBlob } from './blobs.ts';
import type { DiskSpace } from './diskSpace.ts';
import { codeOf } from './plainError.ts';

const DIGEST = /^[0-9a-f]{64}$/;

export interface DiskBlobStore extends BlobStore {
  /** When the blob was last stored, in milliseconds since the epoch; null where there is none. */
  storedAt: (digest: string) => Promise<number | null>;
  /** Deletes a blob unless it was stored again after `before` (milliseconds since the epoch), also while this runs. */
  deleteUnlessNewer: (digest: string, before: number) => Promise<boolean>;
}

/** In the home, or where CELLKEEP_BLOBS says: servers that share a database share their blobs, too. */
export const blobFolder = (home: string, env: NodeJS.ProcessEnv): string => resolve(env.CELLKEEP_BLOBS || join(home, 'blobs'));

/** @param folder made where it is not there yet; @param disk asked before each piece is written */
export async function blobsOnDisk(folder: string, disk?: DiskSpace): Promise<DiskBlobStore> {
  const incoming = join(folder, 'incoming');
  await mkdir(incoming, { recursive: true, mode: 0o700 });
  await removeOld(incoming);
  const shardOf = (digest: string) => join(folder, digest.slice(0, 2));
  const pathOf = (digest: string) => join(shardOf(digest), digest.slice(2));

  async function storedAt(digest: string): Promise<number | null> {
    const found = await whereThere(stat(pathOf(digest)));
    return found?.mtimeMs ?? null;
  }

  return {
    async put(source) {
      const half = join(incoming, randomUUID());
      try {
        const blob = await write(source, half, disk);
        await keep(half, blob, shardOf(blob.digest), pathOf(blob.digest));
        return blob;
      } catch (error) {
        source.destroy();
        await rm(half, { force: true });
        throw error;
      }
    },
    async get(digest, range) {
      if (!DIGEST.test(digest)) return null;
      // Before the file is open: Node's own check comes too late for the file to be closed again.
      if (range && !(range.start >= 0 && range.end >= range.start)) throw new RangeError(`no range from ${range.start} to ${range.end}`);
      const file = await whereThere(open(pathOf(digest), 'r'));
      if (!file) return null;
      const { size } = await file.stat();
      // The stream closes the file at its end, or when it is destroyed.
      return { stream: createReadStream('', { fd: file, start: range?.start, end: range?.end, highWaterMark: 262_144 }), size };
    },
    async delete(digest) {
      if (DIGEST.test(digest)) await whereThere(unlink(pathOf(digest)));
    },
    async *list() {
      for await (const shard of await opendir(folder)) {
        if (!/^[0-9a-f]{2}$/.test(shard.name)) continue;
        for await (const { name } of await opendir(join(folder, shard.name))) {
          if (DIGEST.test(shard.name + name)) yield shard.name + name;
        }
      }
    },
    storedAt,
    async deleteUnlessNewer(digest, before) {
      const newest = await storedAt(digest);
      if (newest === null || newest >= before) return false;
      // Out of the way first: who stores it from now on finds nothing and writes it anew; who touched it just before shows in its time.
      const aside = join(incoming, `${digest}.${randomUUID()}`);
      if ((await whereThere(rename(pathOf(digest), aside).then(() => true))) === null) return false;
      const touched = (await stat(aside)).mtimeMs >= before;
      await (touched ? rename(aside, pathOf(digest)) : unlink(aside));
      return !touched;
    },
  };
}

async function write(source: Readable, path: string, disk: DiskSpace | undefined): Promise<StoredBlob> {
  const hash = createHash('sha256');
  let size = 0;
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of source) {
      const bytes: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
      disk?.require();
      hash.update(bytes);
      await writeAll(file, bytes);
      size += bytes.length;
    }
    await file.datasync();
  } finally {
    await file.close();
  }
  return { digest: hash.digest('hex'), size };
}

/** A write to a disk that is nearly full may take a part and say so only with the next one. */
async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let from = 0; from < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, from);
    from += bytesWritten;
  }
}

async function keep(half: string, { size }: StoredBlob, shard: string, path: string): Promise<void> {
  const now = new Date();
  const there = await whereThere(stat(path));
  // Its time says that somebody needs it from now on, so that the collector waits.
  if (there?.size === size && (await whereThere(utimes(path, now, now).then(() => true)))) {
    await unlink(half);
    await syncFolder(shard); // whoever stored it first may not have come so far yet
    return;
  }
  if ((await mkdir(shard, { recursive: true, mode: 0o700 })) !== undefined) await syncFolder(join(shard, '..'));
  await rename(half, path);
  await syncFolder(shard);
}

/** A name is durable once its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}

/** Left by a server that was killed; another that works on the same folder is still writing its own. */
async function removeOld(incoming: string): Promise<void> {
  const old = Date.now() - 24 * 3_600_000;
  for await (const { name } of await opendir(incoming)) {
    const path = join(incoming, name);
    const found = await whereThere(stat(path));
    if (found && found.mtimeMs < old) await rm(path, { force: true });
  }
}

async function whereThere<T>(promise: Promise<T>): Promise<T | null> {
  try {
    return await promise;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}
