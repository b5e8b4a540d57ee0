/** Where built Python environments lie in a cache, and which models each was taken for. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf } from '../../../core/plainError.ts';

/** Name of the folder of one: Python's version, and the digest of what is in it. */
export const ENVIRONMENT = /^python\d+\.\d+-[0-9a-f]{24}$/;
const MODELS = 'cellkeep-models';

export const environmentsIn = (cache: string): string => join(cache, 'cellkeep', 'environments');

/**
 * From now on it is kept for this model, as long as a release is of it (hosts/sweepEnvironments.ts). Of a model that is asked in the
 * server's own interpreter, or in a person's, the cache remembers that it needs none of those that were built.
 * @param python interpreter of the environment
 * @param model name of the model's folder
 * @returns false: it is not there any more
 */
export async function keepForModel(python: string, model: string, cache: string): Promise<boolean> {
  const folder = dirname(dirname(python));
  const isBuilt = dirname(folder) === environmentsIn(cache) && ENVIRONMENT.test(basename(folder));
  const models = join(isBuilt ? folder : environmentsIn(cache), MODELS);
  try {
    if (isBuilt) await makeFolder(models);
    else await mkdir(models, { recursive: true, mode: 0o700 });
    await writeFile(join(models, model), '');
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/**
 * One that was built before models were named in it names none from now on; making the folder touches it, so that it counts as taken now.
 * @returns whether nothing was named in it; also where it is gone
 */
export async function beginToName(folder: string): Promise<boolean> {
  try {
    return await makeFolder(join(folder, MODELS));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return true;
    throw error;
  }
}

/** @param folder one environment; or that of all, for the models that need none of them */
export async function modelsOfEnvironment(folder: string): Promise<string[]> {
  return readdir(join(folder, MODELS)).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
}

/** @returns false: it was there */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}
