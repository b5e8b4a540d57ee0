import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { blobsOnDisk, type DiskBlobStore } from './blobsOnDisk.ts';

let folder: string;
let blobs: DiskBlobStore;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cellkeep-blobs-'));
  blobs = await blobsOnDisk(folder);
});
afterEach(() => {
  expect(leftOpen(), 'files left open').toEqual([]);
  expect(readdirSync(join(folder, 'incoming')), 'half-written files').toEqual([]);
  rmSync(folder, { recursive: true });
});

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const source = (bytes: Uint8Array | string) => Readable.from([Buffer.from(bytes)]);
const store = (text: string) => blobs.put(source(text));
const pathOf = (digest: string) => join(folder, digest.slice(0, 2), digest.slice(2));
const read = async (digest: string, range?: { start: number; end: number }) => {
  const found = await blobs.get(digest, range);
  return found && { size: found.size, text: (await buffer(found.stream)).toString() };
};
async function listOf(store: DiskBlobStore): Promise<string[]> {
  const digests: string[] = [];
  for await (const digest of store.list()) digests.push(digest);
  return digests.sort();
}
const allDigests = () => listOf(blobs);

function leftOpen(): string[] {
  const open = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return []; // the one that read the list
    }
  });
  return open.filter((path) => path.startsWith(folder));
}

test('what was stored comes back under the SHA-256 of its bytes, whatever its pieces', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 8 }), async (pieces) => {
      const bytes = Buffer.concat(pieces);
      const blob = await blobs.put(Readable.from(pieces.map((piece) => Buffer.from(piece))));
      expect(blob).toEqual({ digest: sha256(bytes), size: bytes.length });
      const found = await blobs.get(blob.digest);
      expect(Buffer.compare(await buffer(found!.stream), bytes)).toBe(0);
    }),
    { numRuns: 25 },
  );
});

// 65,536 bytes are held in memory, more is written as it comes.
test.each([0, 1, 65_536, 65_537, 200_000])('%d bytes are one blob, given whole or in pieces, and again', async (size) => {
  const bytes = randomBytes(size);
  const pieces = [bytes.subarray(0, 40_000), bytes.subarray(40_000, 65_000), bytes.subarray(65_000)];
  const blob = { digest: sha256(bytes), size };
  expect(await blobs.put(bytes)).toEqual(blob);
  expect(await blobs.put(Readable.from(pieces))).toEqual(blob);
  await blobs.delete(blob.digest);
  expect(await Promise.all([blobs.put(Readable.from(pieces)), blobs.put(bytes)])).toEqual([blob, blob]);
  expect(Buffer.compare(await buffer((await blobs.get(blob.digest))!.stream), bytes)).toBe(0);
  expect(await allDigests()).toEqual([blob.digest]);
});

test('a small blob that cannot get its name is refused, and nothing of it is left', async () => {
  const bytes = Buffer.from('its folder is a file');
  writeFileSync(join(folder, sha256(bytes).slice(0, 2)), '');
  await expect(blobs.put(bytes)).rejects.toMatchObject({ code: 'ENOTDIR' });
});

test('a range holds both its ends and tells the size of the whole', async () => {
  const { digest } = await store('0123456789');
  expect(await read(digest, { start: 2, end: 4 })).toEqual({ size: 10, text: '234' });
  expect(await read(digest, { start: 9, end: 100 })).toEqual({ size: 10, text: '9' });
  expect(await read(digest, { start: 10, end: 20 })).toEqual({ size: 10, text: '' });
});

test('a range that ends before it begins is refused and leaves no file open', async () => {
  const { digest } = await store('0123456789');
  await expect(blobs.get(digest, { start: 5, end: 2 })).rejects.toThrow(RangeError);
});

test('a stream that is destroyed half-way closes its file', async () => {
  const { digest } = await blobs.put(source(randomBytes(1_000_000)));
  const { stream } = (await blobs.get(digest))!;
  const closed = new Promise((resolve) => stream.once('close', resolve));
  stream.once('data', () => stream.destroy());
  await closed;
});

test('the same bytes, stored twice at once, are one file', async () => {
  const [one, two] = await Promise.all([store('twice'), store('twice')]);
  expect(one).toEqual(two);
  expect(await allDigests()).toEqual([one.digest]);
  expect(await read(one.digest)).toEqual({ size: 5, text: 'twice' });
});

test('storing again makes a blob new, so that the collector waits', async () => {
  const { digest } = await store('again');
  utimesSync(pathOf(digest), 1_000, 1_000);
  expect(await blobs.storedAt(digest)).toBe(1_000_000);
  await store('again');
  expect(await blobs.storedAt(digest)).toBeGreaterThan(Date.now() - 60_000);
});

test('a file that a crash cut short is replaced, not taken for the blob', async () => {
  const { digest } = await store('whole');
  writeFileSync(pathOf(digest), 'who');
  await store('whole');
  expect(await read(digest)).toEqual({ size: 5, text: 'whole' });
});

test('a blob belongs to the server alone', async () => {
  const { digest } = await store('private');
  expect(statSync(pathOf(digest)).mode & 0o077).toBe(0);
});

test.each(['../../etc/passwd', `..${'a'.repeat(62)}`, `${'a'.repeat(63)}/`, 'A'.repeat(64), 'a'.repeat(63), '', `${'a'.repeat(64)}\n`])(
  '%j is no digest: there is nothing, and nothing is deleted',
  async (digest) => {
    writeFileSync(join(folder, 'beside'), 'safe');
    expect(await blobs.get(digest)).toBeNull();
    await blobs.delete(digest);
    expect(readdirSync(folder)).toContain('beside');
  },
);

test('a blob that was deleted is gone; deleting it again is no error', async () => {
  const { digest } = await store('gone');
  await blobs.delete(digest);
  await blobs.delete(digest);
  expect([await blobs.get(digest), await blobs.storedAt(digest), await allDigests()]).toEqual([null, null, []]);
});

test('an upload that breaks off leaves nothing', async () => {
  async function* broken() {
    yield Buffer.from('the first half');
    throw new Error('connection lost');
  }
  const stream = Readable.from(broken());
  await expect(blobs.put(stream)).rejects.toThrow('connection lost');
  expect([stream.destroyed, await allDigests()]).toEqual([true, []]);
});

test('what a killed server left half-written is removed a day later, what another writes now is not', async () => {
  const [old, young] = [join(folder, 'incoming', 'old'), join(folder, 'incoming', 'young')];
  writeFileSync(old, 'half');
  writeFileSync(young, 'half');
  const before = Date.now() / 1_000 - 25 * 3_600;
  utimesSync(old, before, before);
  await blobsOnDisk(folder);
  expect(readdirSync(join(folder, 'incoming'))).toEqual(['young']);
  rmSync(young);
});

describe('the collector', () => {
  const HOUR_AGO = Date.now() - 3_600_000;
  const age = (digest: string) => utimesSync(pathOf(digest), HOUR_AGO / 1_000 - 60, HOUR_AGO / 1_000 - 60);

  test('deletes what is older, keeps what is newer and knows what is not there', async () => {
    const [old, young] = [await store('old'), await store('young')];
    age(old.digest);
    expect(await blobs.deleteUnlessNewer(old.digest, HOUR_AGO)).toBe(true);
    expect(await blobs.deleteUnlessNewer(young.digest, HOUR_AGO)).toBe(false);
    expect(await blobs.deleteUnlessNewer('0'.repeat(64), HOUR_AGO)).toBe(false);
    expect(await allDigests()).toEqual([young.digest]);
  });

  test('never takes a blob away from somebody who was told that it is stored', async () => {
    for (let round = 0; round < 40; round += 1) {
      const { digest } = await store(`round ${round}`);
      age(digest);
      const collecting = blobs.deleteUnlessNewer(digest, HOUR_AGO);
      if (round % 2 === 1) await Promise.resolve();
      await Promise.all([collecting, store(`round ${round}`), store(`round ${round}`)]);
      expect(await read(digest), `round ${round}`).toEqual({ size: `round ${round}`.length, text: `round ${round}` });
    }
  });
});

/** A disk of 1 MiB, where we may mount one. */
const SMALL_DISK = process.getuid?.() === 0 && mounts();
function mounts(): boolean {
  const probe = mkdtempSync(join(tmpdir(), 'cellkeep-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', probe], { stdio: 'ignore' });
    execFileSync('umount', [probe]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(probe, { recursive: true });
  }
}

describe.skipIf(!SMALL_DISK)('on a disk that is full', () => {
  test('storing fails with ENOSPC, leaves nothing behind, and what was there stays', async () => {
    const disk = mkdtempSync(join(tmpdir(), 'cellkeep-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
    try {
      const small = await blobsOnDisk(disk);
      const kept = await small.put(source('kept'));
      await expect(small.put(Readable.from(endless()))).rejects.toMatchObject({ code: 'ENOSPC' });
      expect(readdirSync(join(disk, 'incoming'))).toEqual([]);
      expect(await listOf(small)).toEqual([kept.digest]);
      expect((await buffer((await small.get(kept.digest))!.stream)).toString()).toBe('kept');
      expect(await small.put(source('there is room again'))).toMatchObject({ size: 19 });
    } finally {
      execFileSync('umount', [disk]);
      rmSync(disk, { recursive: true });
    }
  });
});

async function* endless() {
  for (;;) yield randomBytes(65_536);
}
