/**
 * Python environments that were built for models (kernel-bridge/src/cellkeep/verifying/environment.py) and that no release needs any more.
 * Whoever takes one from the cache touches it, and one that a model was loaded with names that model (host/python/environment.ts): it stays
 * as long as a release of an endpoint is of that model, also of one that sleeps or is stopped, since what it needs may not install again.
 * The empty lock files beside them stay: somebody may wait for one.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Sql } from 'postgres';
import { ENVIRONMENT, environmentsIn, modelsOfEnvironment } from '../host/python/environments.ts';
import { DAY, isGoing, namesIn, removeLeft, touchedAt } from './removeLeft.ts';
import { isScoring, modelsInUse } from './sweepModels.ts';

/** Written last, when all is installed. */
const MARK = 'cellkeep-complete.json';

/**
 * @param cache folder that environments are kept below
 * @param days since one was last taken
 * @returns names of what was removed
 */
export async function sweepEnvironments(
  sql: Sql,
  cache: string,
  days: number,
  { now = Date.now(), signal }: { now?: number; signal?: AbortSignal } = {},
): Promise<string[]> {
  const folder = environmentsIn(cache);
  if (isScoring(await namesIn(cache))) return [];
  // What a killed process has half built is of no use to anybody.
  const before = (name: string) => now - (existsSync(join(folder, name, MARK)) ? days : 1) * DAY;
  const old: string[] = [];
  for (const name of await namesIn(folder)) {
    if (isGoing(name) || (ENVIRONMENT.test(name) && (await touchedAt(join(folder, name))) < before(name))) old.push(name);
  }
  if (old.length === 0) return [];
  const used = await modelsInUse(sql); // after the look, so that what came between is seen by one of both
  const swept: string[] = [];
  for (const name of old) {
    if (signal?.aborted) break;
    const isUsed = (await modelsOfEnvironment(join(folder, name))).some((model) => used.has(model));
    if (!isUsed && (await removeLeft(folder, name, before(name)))) swept.push(name);
  }
  return swept;
}
