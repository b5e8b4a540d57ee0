/**
 * Whether what a host serves is gone for good while it cannot ask its database, so that it does not answer for ever what nobody knows of.
 * A database that merely does not answer is waited for.
 */
import { stat } from 'node:fs/promises';
import { codeOf } from '../../core/plainError.ts';

export interface GoneWatch {
  /** Why nobody will want this host any more; null: that may still be. @param error what a question to the database came to */
  whyGone: (error: unknown) => Promise<string | null>;
  /** The database has answered. */
  answered: () => void;
}

/** The database, or its tables: dropped. Somebody who restores a dump has that for a moment, too. */
const DROPPED = ['3D000', '42P01'];
const RESTORED_WITHIN = 60_000; // ms

/** @param cache folder of the home, which is there now; `reset` takes it away with all else */
export async function watchForGone(cache: string, now: () => number = Date.now): Promise<GoneWatch> {
  const folder = await identityOf(cache);
  let droppedSince: number | null = null;
  return {
    async whyGone(error) {
      const found = await identityOf(cache);
      if (found !== null && folder !== null && found !== folder) return 'the home of its server was reset';
      if (!DROPPED.includes(codeOf(error))) return null; // nor does one that cannot be reached say that it is there again
      droppedSince ??= now();
      return now() - droppedSince > RESTORED_WITHIN ? 'its database was dropped' : null;
    },
    answered() {
      droppedSince = null;
    },
  };
}

/** A folder that was made again has another one; empty: there is none; null: nobody can say. */
async function identityOf(path: string): Promise<string | null> {
  try {
    const { dev, ino, birthtimeMs } = await stat(path);
    return [dev, ino, birthtimeMs].join();
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? '' : null;
  }
}
