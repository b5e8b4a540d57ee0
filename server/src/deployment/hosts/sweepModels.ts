/**
 * Folders of models in a home that nobody uses any more: models that no release answers with and that nothing has loaded for a day, half
 * copies that a killed host has left, and scratch folders of processes that are gone. Whoever loads a model that is unpacked already touches
 * its folder first (host/unpackModel.ts), and a release is stored before a host loads it.
 */
import { join } from 'node:path';
import type { Runtime } from '@cellkeep/schema/registry';
import type { Sql } from 'postgres';
import { modelFiles } from '../../registry/index.ts';
import { folderOfFiles } from '../host/unpackModel.ts';
import { lifeOf } from './processLife.ts';
import { DAY, isGoing, namesIn, removeLeft, touchedAt } from './removeLeft.ts';

const MODEL = /^[0-9a-f]{64}$/;
const HALF = /^\.[0-9a-f]{64}\.[0-9a-f-]{36}$/;
const SCRATCH = /^(?:worker|scorer)-(\d+)-[A-Za-z0-9]{6}$/;

/** @param cache folder of the home's models @returns names of what was removed */
export async function sweepModels(
  sql: Sql,
  cache: string,
  { now = Date.now(), signal }: { now?: number; signal?: AbortSignal } = {},
): Promise<string[]> {
  const names = await namesIn(cache);
  const scoring = isScoring(names);
  const old: string[] = [];
  for (const name of names) if (!(scoring && MODEL.test(name)) && (await isLeft(cache, name, now))) old.push(name);
  if (old.length === 0) return [];
  const used = await modelsInUse(sql); // after the look, so that what came between is seen by one of both
  const swept: string[] = [];
  for (const name of old) {
    if (signal?.aborted) break;
    if (used.has(name) || !(await isLeft(cache, name, now))) continue;
    if (await removeLeft(cache, name, MODEL.test(name) ? now - DAY : Number.POSITIVE_INFINITY)) swept.push(name);
  }
  return swept;
}

/**
 * Whether something is scored just now: what is asked for days (a batch, an evaluation) has no release, but a process with a scratch folder.
 * @param names of what lies in the cache
 */
export const isScoring = (names: readonly string[]): boolean =>
  names.some((name) => name.startsWith('scorer-') && lifeOf(Number(SCRATCH.exec(name)?.[1])) !== null);

async function isLeft(cache: string, name: string, now: number): Promise<boolean> {
  const pid = SCRATCH.exec(name)?.[1];
  if (pid !== undefined) return lifeOf(Number(pid)) === null;
  if (isGoing(name)) return true;
  return (MODEL.test(name) || HALF.test(name)) && (await touchedAt(join(cache, name))) < now - DAY;
}

/**
 * Names of the folders of all releases that answer, may answer again at once, or are being loaded.
 * @param runtime absent: of any
 */
export async function modelsInUse(sql: Sql, runtime?: Runtime): Promise<Set<string>> {
  const ofRuntime = sql`and exists (
    select from model_bundles b where b.logged_model_id = r.logged_model_id and b.bundle ->> 'runtime' = ${runtime ?? null})`;
  const rows = await sql<{ id: string }[]>`
    select distinct r.logged_model_id as id from releases r join endpoints e on e.id = r.endpoint_id
    where e.deleted_at is null and r.role not in ('retired', 'failed') and r.logged_model_id is not null
      ${runtime === undefined ? sql`` : ofRuntime}`;
  const used = new Set<string>();
  for (const { id } of rows) used.add(folderOfFiles((await modelFiles(sql, id)) ?? []));
  return used;
}
