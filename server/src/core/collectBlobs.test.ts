import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { blobsOnDisk, type DiskBlobStore } from './blobsOnDisk.ts';
import { collectBlobs, GRACE } from './collectBlobs.ts';

let folder: string;
let blobs: DiskBlobStore;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cellkeep-collect-'));
  blobs = await blobsOnDisk(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

const store = async (text: string) => (await blobs.put(Readable.from([Buffer.from(text)]))).digest;
const naming =
  (...digests: string[]) =>
  async (asked: string[]) =>
    asked.filter((digest) => digests.includes(digest));
async function left(): Promise<string[]> {
  const digests: string[] = [];
  for await (const digest of blobs.list()) digests.push(digest);
  return digests.sort();
}
const tomorrow = () => Date.now() + GRACE + 60_000;

test('what any room names stays, what none names goes', async () => {
  const [one, two] = [await store('of a run'), await store('of a data set')];
  await store('of nobody');
  expect(await collectBlobs(blobs, [naming(one), naming(two)], tomorrow())).toEqual({ kept: 2, removed: 1 });
  expect(await left()).toEqual([one, two].sort());
});

test('what was stored within the grace period stays: the row that names it may still come', async () => {
  await store('just now');
  expect(await collectBlobs(blobs, [naming()], Date.now())).toEqual({ kept: 1, removed: 0 });
});

test('a shorter grace period can be asked for', async () => {
  await store('just now');
  expect(await collectBlobs(blobs, [naming()], Date.now() + 10, 0)).toEqual({ kept: 0, removed: 1 });
});

test('a room that fails to answer stops the collector before it removes anything', async () => {
  await store('of somebody');
  const failing = async () => {
    throw new Error('the database is away');
  };
  await expect(collectBlobs(blobs, [naming(), failing], tomorrow())).rejects.toThrow('the database is away');
  expect(await left()).toHaveLength(1);
});

test('rooms are asked for at most a thousand at a time', async () => {
  const digests = Array.from({ length: 2_500 }, (_, n) => n.toString(16).padStart(64, '0'));
  const asked: number[] = [];
  const many = { ...blobs, list: () => digests.values(), deleteUnlessNewer: async () => true };
  const count = async (batch: string[]) => {
    asked.push(batch.length);
    return batch.slice(0, 1);
  };
  const found = await collectBlobs(many as unknown as DiskBlobStore, [count], tomorrow());
  expect({ asked, found }).toEqual({ asked: [1_000, 1_000, 500], found: { kept: 3, removed: 2_497 } });
});
