/**
 * Python environments that were built for models (kernel-bridge/src/cellkeep/verifying/environment.py) and that no release needs any more.
 * Whoever takes one from the cache touches it, and one that a model was loaded with names that model (host/python/environment.ts): it stays
 * as long as a release of an endpoint is of that model, also of one that sleeps or is stopped, since what it needs may not install again.
 * In one that was built by a server which did neither, nothing is named: it counts as taken when it is first seen, and while a release is of
 * a model that was not loaded since, that may need any of them. The empty lock files beside them stay: somebody may wait for one.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Sql } from 'postgres';
import { beginToName, ENVIRONMENT, environmentsIn, modelsOfEnvironment } from '../host/python/environments.ts';
import { DAY, isGoing, namesIn, removeLeft, touchedAt } from './removeLeft.ts';
import { isScoring, modelsInUse } from './sweepModels.ts';

/** Written last, when all is installed. */
const MARK = 'cellkeep-complete.json';

interface Options {
  /** Hosts take environments from this cache; false: no release can need one of it. */
  isOfHosts?: boolean;
  /** ms since the epoch */
  now?: number;
  signal?: AbortSignal;
}

/**
 * @param cache folder that environments are kept below
 * @param days since one was last taken
 * @returns names of what was removed
 */
export async function sweepEnvironments(
  sql: Sql,
  cache: string,
  days: number,
  { isOfHosts = true, now = Date.now(), signal }: Options = {},
): Promise<string[]> {
  const folder = environmentsIn(cache);
  if (isScoring(await namesIn(cache))) return [];
  const isWhole = (name: string) => existsSync(join(folder, name, MARK));
  // What a killed process has half built is of no use to anybody.
  const before = (name: string) => now - (isWhole(name) ? days : 1) * DAY;
  const old: string[] = [];
  const loaded = new Set(await modelsOfEnvironment(folder));
  for (const name of await namesIn(folder)) {
    if (isGoing(name)) old.push(name);
    if (!ENVIRONMENT.test(name)) continue;
    const path = join(folder, name);
    if (isWhole(name) && (await beginToName(path))) continue;
    for (const model of await modelsOfEnvironment(path)) loaded.add(model);
    if ((await touchedAt(path)) < before(name)) old.push(name);
  }
  if (old.length === 0) return [];
  const used = await modelsInUse(sql, 'python'); // after the look, so that what came between is seen by one of both
  const mayNeedAny = isOfHosts && [...used].some((model) => !loaded.has(model));
  const swept: string[] = [];
  for (const name of old) {
    if (signal?.aborted) break;
    if (isWhole(name) && !isGoing(name) && mayNeedAny) continue;
    const isUsed = (await modelsOfEnvironment(join(folder, name))).some((model) => used.has(model));
    if (!isUsed && (await removeLeft(folder, name, before(name)))) swept.push(name);
  }
  return swept;
}
