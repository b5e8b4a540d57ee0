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
  if (isGoing(name)) {
    await rm(join(parent, name), { recursive: true, force: true });
    return true;
  }
  const going = await moveAway(parent, name, before);
  return going !== null && removeMoved(parent, { name, going }, before);
}

/** @returns its name while it goes; null: it stays, or is not there */
export async function moveAway(parent: string, name: string, before: number): Promise<string | null> {
  const [from, going] = [join(parent, name), `.going.${randomUUID()}`];
  if ((await touchedAt(from)) >= before) return null;
  try {
    await rename(from, join(parent, going));
    return going;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null; // another server of this home was faster
    throw error;
  }
}

/** Once more than it was looked at: somebody may have touched it before it was out of the way. @returns whether it was removed */
export async function removeMoved(parent: string, { name, going }: { name: string; going: string }, before: number): Promise<boolean> {
  const path = join(parent, going);
  if ((await touchedAt(path)) < before) {
    await rm(path, { recursive: true, force: true });
    return true;
  }
  await rename(path, join(parent, name)).catch((error: unknown) => {
    if (!['EEXIST', 'ENOTEMPTY'].includes(codeOf(error))) throw error; // it was made again
  });
  return false;
}
