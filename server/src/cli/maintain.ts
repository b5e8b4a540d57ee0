/** `migrate`, `verify-events`, `gc`, `reset`. */
import { realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { collectBlobs } from '../core/collectBlobs.ts';
import { isLock, lockHome } from '../core/homeLock.ts';
import { PlainError } from '../core/plainError.ts';
import { stopEmbedded } from '../core/postgresEmbedded.ts';
import { sealEvents, verifyEvents } from '../core/sealEvents.ts';
import { endLeftHosts } from '../deployment/index.ts';
import { blobReferences, makeHome } from '../main.ts';
import { administer } from './administer.ts';
import { type Options, UsageError } from './options.ts';

function say(options: Options, value: unknown, text: string): void {
  process.stdout.write(`${options.json ? JSON.stringify(value) : text}\n`);
}

export async function migrateCommand(options: Options): Promise<number> {
  const applied = await administer(options, async ({ applied }) => applied);
  say(options, { applied }, applied.length > 0 ? `applied ${applied.join(', ')}` : 'the database is up to date');
  return 0;
}

/** Exit code 1 where the chain is broken. */
export async function verify(options: Options): Promise<number> {
  const result = await administer(options, async ({ services: { sql }, owner }) => {
    while ((await sealEvents(sql)) > 0);
    return verifyEvents(sql, owner.caller.workspaceId);
  });
  const { checked, unsealed, brokenAt } = result;
  const text =
    brokenAt === null ? `${checked} events, the chain is whole` : `broken at event ${brokenAt}: it or one before it was changed or removed`;
  say(options, result, unsealed > 0 ? `${text}; ${unsealed} not sealed yet` : text);
  return brokenAt === null ? 0 : 1;
}

export async function gc(options: Options): Promise<number> {
  const grace = options.grace === undefined ? undefined : options.grace * 3_600_000;
  const result = await administer(options, ({ services, blobs }) =>
    collectBlobs(blobs, blobReferences(services.sql), services.now(), grace),
  );
  say(options, result, `removed ${result.removed} stored files, kept ${result.kept}`);
  return 0;
}

/** Deletes what the server keeps in its home; a database of DATABASE_URL is somebody else's. */
export async function reset(options: Options): Promise<number> {
  if (!options.yes) throw new UsageError('reset deletes every run, artifact and user in the home: say --yes if you mean that');
  if (options.databaseUrl)
    throw new PlainError('reset works on the embedded Postgres: drop and create the database of DATABASE_URL yourself');
  const home = makeHome(options.home);
  const lock = await lockHome(home);
  if (!isLock(lock)) throw new PlainError(`a server is running on ${home} (process ${lock.pid}): stop it first`);
  try {
    const data = join(home, 'postgres');
    await endLeftHosts(home); // of a server that was killed: they go on answering
    await stopEmbedded(home);
    rmSync(realpathOr(data), { recursive: true, force: true });
    for (const name of ['postgres', 'postgres.new', 'postgres.log', 'blobs', 'models', 'hosts', 'token'])
      rmSync(join(home, name), { recursive: true, force: true });
  } finally {
    await lock.release();
  }
  say(options, { home }, `${home} is empty`);
  return 0;
}

function realpathOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
