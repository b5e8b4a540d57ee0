/**
 * Keeps the last of the disk for Postgres. One that cannot write its log ends, and cannot come back before there is room: nothing could be
 * read either. So whatever makes data grow is refused while a reserve is left, and reading, deleting and recovery go on.
 */
import { statfsSync } from 'node:fs';
import type { Logger } from 'pino';
import { failure } from './failure.ts';

/** bytes: a few segments of Postgres' log (16 MiB each), and what requests that are under way may still write */
const RESERVE = 96 * 1024 * 1024;
/** ms; a look takes some 3 µs */
const LOOK_EVERY = 50;

export interface DiskSpace {
  /** @throws INSUFFICIENT_STORAGE while less than the reserve is free */
  require: () => void;
}

/** @param folder on the disk that is meant */
export function diskSpace(folder: string, log: Logger): DiskSpace {
  let looked = Number.NEGATIVE_INFINITY;
  let isLow = false;
  return {
    require() {
      const now = performance.now();
      if (now - looked >= LOOK_EVERY) {
        looked = now;
        const { bavail, bsize } = statfsSync(folder);
        const free = bavail * bsize;
        if (isLow !== free < RESERVE) log.warn({ free, reserve: RESERVE }, isLow ? 'there is room on the disk again' : 'the disk is full');
        isLow = free < RESERVE;
      }
      if (!isLow) return;
      const reason = `the disk of the server is full: the last ${RESERVE / 2 ** 20} MiB are kept for the database to go on with`;
      throw failure('INSUFFICIENT_STORAGE', { field: '', reason, remedy: 'free space there, then send it again' });
    },
  };
}
