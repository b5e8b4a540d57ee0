/** Folders in which children of the server work, and what they leave in them. */
import { chmod, lstat, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../core/plainError.ts';

const PREFIX = 'work-';

export async function makeScratch(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700); // cells that ran here may have changed it
  return mkdtemp(join(folder, PREFIX));
}

/** Also where cells have taken the right to write or to look from folders. */
export async function removeScratch(scratch: string): Promise<void> {
  try {
    await rm(scratch, { recursive: true, force: true });
  } catch (error) {
    if (!['EACCES', 'EPERM'].includes(codeOf(error))) throw error;
    await openFolders(scratch);
    await rm(scratch, { recursive: true, force: true });
  }
}

/** No link is followed: what it points to is not ours to change. */
async function openFolders(top: string): Promise<void> {
  if (!(await lstat(top)).isDirectory()) return;
  for (const waiting = [top]; waiting.length > 0; ) {
    const folder = waiting.pop() as string;
    await chmod(folder, 0o700);
    for (const entry of await readdir(folder, { withFileTypes: true })) if (entry.isDirectory()) waiting.push(join(folder, entry.name));
  }
}

/** What a server that was killed has left. @param failed is told of each that cannot be removed; the others go all the same */
export async function removeLeftScratch(folder: string, failed: (error: unknown) => void): Promise<void> {
  const names = await readdir(folder).catch(() => []); // nobody has worked here yet
  for (const name of names) if (name.startsWith(PREFIX)) await removeScratch(join(folder, name)).catch(failed);
}
