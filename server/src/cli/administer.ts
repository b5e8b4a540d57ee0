/** Commands that work on the database, beside a running server or without one. */
import { createRouterClient, type RouterClient } from '@orpc/server';
import { createAccessRouter, firstOwner, type Owner } from '../access/index.ts';
import { blobFolder, blobsOnDisk, type DiskBlobStore } from '../core/blobsOnDisk.ts';
import type { Services } from '../core/context.ts';
import { attachEmbedded, type Database, openEmbedded, openUrl } from '../core/database.ts';
import { isLock, lockHome } from '../core/homeLock.ts';
import { createLive } from '../core/live.ts';
import { migrate } from '../core/migrate.ts';
import { VERSION } from '../core/version.ts';
import { makeHome } from '../main.ts';
import { createLogger } from './logger.ts';
import type { Options } from './options.ts';

export interface Administration {
  home: string;
  services: Services;
  blobs: DiskBlobStore;
  owner: Owner;
  /** Names of the migrations that were applied now. */
  applied: string[];
  /** The access room, as the owner. */
  access: RouterClient<ReturnType<typeof createAccessRouter>>;
}

export async function administer<T>(options: Options, work: (administration: Administration) => Promise<T>): Promise<T> {
  const home = makeHome(options.home);
  const log = createLogger(options.logLevel === 'info' ? 'warn' : options.logLevel);
  const lock = options.databaseUrl ? null : await lockHome(home);
  const release = lock && isLock(lock) ? lock.release : async () => {};
  let database: Database | undefined;
  try {
    if (options.databaseUrl) database = await openUrl(options.databaseUrl, { log, max: 2 });
    else if (lock && isLock(lock)) database = await openEmbedded(home, { log, max: 2 });
    else database = await attachEmbedded(home, { log, max: 2 });
    const { sql } = database;
    const applied = await migrate(sql);
    const owner = await firstOwner(sql, home, Date.now());
    const blobs = await blobsOnDisk(blobFolder(home, process.env));
    const services: Services = { sql, blobs, live: createLive(log), log, now: Date.now, version: VERSION, startedAt: Date.now() };
    const router = createAccessRouter({ forget: () => {} }); // a command remembers no callers
    const access = createRouterClient(router, { context: { ...services, caller: owner.caller, requestId: 'command' } });
    return await work({ home, services, blobs, owner, applied, access });
  } finally {
    await database?.close();
    await release();
  }
}
