/**
 * A model's files in a folder of this machine, which all hosts share. A folder is named by what is in it, filled under another name and
 * renamed when it is whole: a host that dies while it copies leaves nothing that looks like a model.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ModelFile } from '../../registry/index.ts';
import { ModelFailure } from './model.ts';

/** Opens a blob; null where it is not there. */
export type OpenBlob = (digest: string) => Promise<Readable | null>;

/** @returns the folder */
export async function unpackModel(files: readonly ModelFile[], open: OpenBlob, cache: string): Promise<string> {
  const name = createHash('sha256')
    .update(JSON.stringify(files.map(({ path, digest }) => [path, digest])))
    .digest('hex');
  const folder = join(cache, name);
  if (existsSync(folder)) return folder;
  const half = join(cache, `.${name}.${randomUUID()}`);
  try {
    await mkdir(half, { recursive: true, mode: 0o700 });
    for (const file of files) await copy(file, open, half);
    await rename(half, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error; // another host was faster
    });
    return folder;
  } finally {
    await rm(half, { recursive: true, force: true });
  }
}

async function copy({ path, digest, size }: ModelFile, open: OpenBlob, folder: string): Promise<void> {
  const target = join(folder, path);
  if (!target.startsWith(`${folder}${sep}`)) throw new ModelFailure(`the file ${JSON.stringify(path)} would leave the model's folder`);
  const source = await open(digest);
  if (!source) throw new ModelFailure(`the file ${path} (${digest}) is not in the store`);
  await mkdir(dirname(target), { recursive: true });
  const hash = createHash('sha256');
  let got = 0;
  await pipeline(
    source,
    async function* (pieces) {
      for await (const piece of pieces) {
        hash.update(piece);
        got += piece.length;
        yield piece;
      }
    },
    createWriteStream(target, { mode: 0o600 }),
  );
  if (got !== size || hash.digest('hex') !== digest) throw new ModelFailure(`the file ${path} is damaged in the store`);
}
