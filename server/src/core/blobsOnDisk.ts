/**
 * Blobs as files: `<folder>/ab/cdef…`, sharded by the first byte of the digest so that no folder grows without bound.
 *
 * A blob is written under another name, its bytes and then its folder are synced, and only then is it acknowledged: a crash leaves at most
 * a half-written temporary file, which the next start removes.
 *
 * Most blobs are small, and each call of the file system is a way to another thread and back, 0.2 ms on a machine that is busy: what fits
 * into memory takes five, one of them beside another, where ten had come one after the other.
 */
import { createHash, hash, randomUUID } from 'node:crypto';
import fs, { closeSync, constants, createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, opendir, rename, rm, stat, unlink, utimes } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { type BlobStore, SMALL_BLOB, type StoredBlob } from './blobs.ts';
import type { DiskSpace } from './diskSpace.ts';
import { codeOf } from './plainError.ts';

const DIGEST = /^[0-9a-f]{64}$/;
/** A new file; what is written to it is durable when the write is done, as after fdatasync: one way to another thread instead of two. */
const SYNCED = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_DSYNC;
// By number: a FileHandle is closed in another thread, which takes longer than to close.
const [openFile, writeTo, sync] = [promisify(fs.open), promisify(fs.write), promisify(fs.fsync)];

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
  /** Shards whose own names are not durable yet. */
  const making = new Map<string, Promise<void>>();

  async function makeShard(shard: string): Promise<void> {
    if ((await mkdir(shard, { recursive: true, mode: 0o700 })) !== undefined) await syncFolder(folder);
  }

  async function openShard(shard: string): Promise<number> {
    const there = await whereThere(openFile(shard, 'r'));
    if (there !== null) return there;
    const made = making.get(shard) ?? makeShard(shard).finally(() => making.delete(shard));
    making.set(shard, made);
    await made;
    return openFile(shard, 'r');
  }

  /**
   * What is there already is replaced by the same: to look would take longer, and the new file's time tells the collector to wait.
   * @param half where it is written first
   */
  async function keepSmall(bytes: Buffer, half: string): Promise<StoredBlob> {
    disk?.require();
    const digest = hash('sha256', bytes, 'hex');
    const shard = shardOf(digest);
    const opened = [openFile(half, SYNCED, 0o600), openShard(shard)] as const;
    try {
      const [file, folder] = await Promise.all(opened);
      for (let from = 0; from < bytes.length; ) from += (await writeTo(file, bytes, from)).bytesWritten;
      if (bytes.length === 0) await sync(file);
      await rename(half, pathOf(digest));
      await syncName(shard, folder);
      return { digest, size: bytes.length };
    } finally {
      // Whoever waited for what could not be opened knows why.
      for (const one of await Promise.allSettled(opened)) if (one.status === 'fulfilled') closeSync(one.value);
    }
  }

  async function keepLarge(pieces: AsyncIterable<unknown>, half: string): Promise<StoredBlob> {
    const blob = await write(pieces, half, disk);
    const [shard, path] = [shardOf(blob.digest), pathOf(blob.digest)];
    const folder = await openShard(shard);
    try {
      await ((await isKept(path, blob.size)) ? unlink(half) : rename(half, path));
      await syncName(shard, folder);
      return blob;
    } finally {
      closeSync(folder);
    }
  }

  /** A name is durable once its folder is, and that folder's own name. Also of what was there: who stored it may not have come so far yet. */
  async function syncName(shard: string, folder: number): Promise<void> {
    await sync(folder);
    await making.get(shard);
  }

  async function storedAt(digest: string): Promise<number | null> {
    const found = await whereThere(stat(pathOf(digest)));
    return found?.mtimeMs ?? null;
  }

  return {
    async put(source) {
      const half = join(incoming, randomUUID());
      try {
        if (Buffer.isBuffer(source))
          return await (source.length > SMALL_BLOB ? keepLarge(Readable.from([source]), half) : keepSmall(source, half));
        const pieces: AsyncIterator<unknown> = source[Symbol.asyncIterator]();
        const { start, isWhole } = await readStart(pieces);
        return await (isWhole ? keepSmall(Buffer.concat(start), half) : keepLarge(resumed(start, pieces), half));
      } catch (error) {
        if (!Buffer.isBuffer(source)) source.destroy();
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

/** Reads until more has come than a small blob may have. */
async function readStart(pieces: AsyncIterator<unknown>): Promise<{ start: Buffer[]; isWhole: boolean }> {
  const start: Buffer[] = [];
  for (let size = 0; size <= SMALL_BLOB; ) {
    const { done, value } = await pieces.next();
    if (done) return { start, isWhole: true };
    const bytes = asBuffer(value);
    start.push(bytes);
    size += bytes.length;
  }
  return { start, isWhole: false };
}

async function* resumed(start: Buffer[], pieces: AsyncIterator<unknown>): AsyncGenerator<unknown> {
  yield* start;
  for (let next = await pieces.next(); !next.done; next = await pieces.next()) yield next.value;
}

const asBuffer = (piece: unknown): Buffer => (Buffer.isBuffer(piece) ? piece : Buffer.from(piece as string | Uint8Array));

async function write(source: AsyncIterable<unknown>, path: string, disk: DiskSpace | undefined): Promise<StoredBlob> {
  const digest = createHash('sha256');
  let size = 0;
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const piece of source) {
      const bytes = asBuffer(piece);
      disk?.require();
      digest.update(bytes);
      await writeAll(file, bytes);
      size += bytes.length;
    }
    await file.datasync();
  } finally {
    await file.close();
  }
  return { digest: digest.digest('hex'), size };
}

/** A write to a disk that is nearly full may take a part and say so only with the next one. */
async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let from = 0; from < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, from);
    from += bytesWritten;
  }
}

/** Whether a blob of this size was there. Its time says then that somebody needs it from now on, so that the collector waits. */
async function isKept(path: string, size: number): Promise<boolean> {
  const now = new Date();
  const there = await whereThere(stat(path));
  return there?.size === size && (await whereThere(utimes(path, now, now).then(() => true))) === true;
}

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
