/**
 * Folders of models in a home that nobody uses any more: models that no release answers with and that nothing has loaded for a day, half
 * copies that a killed host has left, and scratch folders of processes that are gone. Whoever loads a model that is unpacked already touches
 * its folder first (host/unpackModel.ts), and a release is stored before a host loads it: what is swept is looked at again just before, and
 * put back where it was touched meanwhile.
 */
import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from 'postgres';
import type { Services } from '../../core/context.ts';
import { codeOf } from '../../core/plainError.ts';
import { modelFiles } from '../../registry/index.ts';
import { folderOfFiles } from '../host/unpackModel.ts';
import { lifeOf } from './processLife.ts';

const DAY = 86_400_000; // ms
const MODEL = /^[0-9a-f]{64}$/;
const HALF = /^\.[0-9a-f]{64}\.[0-9a-f-]{36}$/;
const SCRATCH = /^(?:worker|scorer)-(\d+)-[A-Za-z0-9]{6}$/;
/** Renamed, and to be deleted. */
const GOING = /^\.going\.[0-9a-f-]{36}$/;

/** Now, and once a day. */
export function startSweepingModels({ sql, log }: Pick<Services, 'sql' | 'log'>, cache: string): { stop: () => Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const loop = async () => {
    while (!signal.aborted) {
      await sweepModels(sql, cache, { signal }).then(
        (swept) => swept.length > 0 && log.info({ folders: swept.length }, 'models that nobody uses were removed from this machine'),
        (error: unknown) =>
          signal.aborted || log.warn({ err: error }, 'models that nobody uses could not be removed; trying again in a day'),
      );
      await sleep(DAY, undefined, { ref: false, signal }).catch(() => {}); // stopped
    }
  };
  const running = loop();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** @param cache folder of the home's models @returns names of what was removed */
export async function sweepModels(
  sql: Sql,
  cache: string,
  { now = Date.now(), signal }: { now?: number; signal?: AbortSignal } = {},
): Promise<string[]> {
  const names = await readdir(cache).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
  // What is scored for days (a batch, an evaluation) has no release, but a process with a scratch folder beside it.
  const isScoring = names.some((name) => name.startsWith('scorer-') && lifeOf(Number(SCRATCH.exec(name)?.[1])) !== null);
  const old: string[] = [];
  for (const name of names) if (!(isScoring && MODEL.test(name)) && (await isLeft(cache, name, now))) old.push(name);
  if (old.length === 0) return [];
  const used = await modelsInUse(sql); // after the look, so that what came between is seen by one of both
  const swept: string[] = [];
  for (const name of old) {
    if (signal?.aborted) break;
    if (!used.has(name) && (await remove(cache, name, now))) swept.push(name);
  }
  return swept;
}

async function isLeft(cache: string, name: string, now: number): Promise<boolean> {
  const pid = SCRATCH.exec(name)?.[1];
  if (pid !== undefined) return lifeOf(Number(pid)) === null;
  if (GOING.test(name)) return true;
  return (MODEL.test(name) || HALF.test(name)) && (await touchedAt(join(cache, name))) < now - DAY;
}

/** ms since the epoch; one that is not there is no older than now. */
async function touchedAt(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return Number.POSITIVE_INFINITY;
    throw error;
  }
}

async function remove(cache: string, name: string, now: number): Promise<boolean> {
  if (!(await isLeft(cache, name, now))) return false;
  const [from, going] = [join(cache, name), join(cache, `.going.${randomUUID()}`)];
  if (GOING.test(name)) {
    await rm(from, { recursive: true, force: true });
    return true;
  }
  try {
    await rename(from, going);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false; // another server of this home was faster
    throw error;
  }
  if (MODEL.test(name) && (await touchedAt(going)) >= now - DAY) {
    await rename(going, from).catch((error: unknown) => {
      if (!['EEXIST', 'ENOTEMPTY'].includes(codeOf(error))) throw error; // it was unpacked again
    });
    return false;
  }
  await rm(going, { recursive: true, force: true });
  return true;
}

/** Names of the folders of all releases that answer, may answer again at once, or are being loaded. */
async function modelsInUse(sql: Sql): Promise<Set<string>> {
  const rows = await sql<{ id: string }[]>`
    select distinct r.logged_model_id as id from releases r join endpoints e on e.id = r.endpoint_id
    where e.deleted_at is null and r.role not in ('retired', 'failed') and r.logged_model_id is not null`;
  const used = new Set<string>();
  for (const { id } of rows) used.add(folderOfFiles((await modelFiles(sql, id)) ?? []));
  return used;
}
