/**
 * Folders that many processes share without a lock: whoever uses one touches it first, and one that nobody has touched for long is removed.
 * It goes out of the way before it is deleted, and back where somebody has touched it in that moment.
 */
import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../core/plainError.ts';

export const DAY = 86_400_000; // ms
/** Renamed, and to be deleted. */
const GOING = /^\.going\.[0-9a-f-]{36}$/;

export const isGoing = (name: string): boolean => GOING.test(name);

/** Of a folder that need not be there. */
export async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
}

/** ms since the epoch; one that is not there is no older than now. */
export async function touchedAt(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return Number.POSITIVE_INFINITY;
    throw error;
  }
}

/**
 * @param before one that was touched since stays (ms since the epoch); Infinity: nobody else can use it
 * @returns whether it was removed
 */
export async function removeLeft(parent: string, name: string, before: number): Promise<boolean> {
  const [from, going] = [join(parent, name), join(parent, `.going.${randomUUID()}`)];
  if (isGoing(name)) {
    await rm(from, { recursive: true, force: true });
    return true;
  }
  if ((await touchedAt(from)) >= before) return false;
  try {
    await rename(from, going);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false; // another server of this home was faster
    throw error;
  }
  if ((await touchedAt(going)) >= before) {
    await rename(going, from).catch((error: unknown) => {
      if (!['EEXIST', 'ENOTEMPTY'].includes(codeOf(error))) throw error; // it was made again
    });
    return false;
  }
  await rm(going, { recursive: true, force: true });
  return true;
}
