/**
 * A model's files in a folder of this machine, which all hosts share. A folder is named by what is in it, filled under another name and
 * renamed when it is whole: a host that dies while it copies leaves nothing that looks like a model.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, rename, rm, utimes } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { codeOf } from '../../core/plainError.ts';
import type { ModelFile } from '../../registry/index.ts';
import { ModelFailure } from './model.ts';

/** Opens a blob; null where it is not there. */
export type OpenBlob = (digest: string) => Promise<Readable | null>;

/** Name of the folder in the cache. */
export const folderOfFiles = (files: readonly Pick<ModelFile, 'path' | 'digest'>[]): string =>
  createHash('sha256')
    .update(JSON.stringify(files.map(({ path, digest }) => [path, digest])))
    .digest('hex');

/** @returns the folder */
export async function unpackModel(files: readonly ModelFile[], open: OpenBlob, cache: string): Promise<string> {
  const name = folderOfFiles(files);
  const folder = join(cache, name);
  if (await isThere(folder)) return folder;
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

/** One that is there is used from now on: nobody sweeps it away (hosts/sweepModels.ts). */
async function isThere(folder: string): Promise<boolean> {
  const now = new Date();
  return utimes(folder, now, now).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === 'ENOENT') return false;
      if (['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error))) return existsSync(folder); // somebody else's: nor can it be swept here
      throw error;
    },
  );
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
