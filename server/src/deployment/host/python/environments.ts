/** Where built Python environments lie in a cache, and which models each was taken for. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf } from '../../../core/plainError.ts';

/** Name of the folder of one: Python's version, and the digest of what is in it. */
export const ENVIRONMENT = /^python\d+\.\d+-[0-9a-f]{24}$/;
const MODELS = 'cellkeep-models';

export const environmentsIn = (cache: string): string => join(cache, 'cellkeep', 'environments');

/**
 * From now on it is kept for this model, as long as a release is of it (hosts/sweepEnvironments.ts).
 * @param python interpreter of the environment
 * @param model name of the model's folder
 * @returns false: it is not there any more
 */
export async function keepForModel(python: string, model: string, cache: string): Promise<boolean> {
  const folder = dirname(dirname(python));
  if (dirname(folder) !== environmentsIn(cache) || !ENVIRONMENT.test(basename(folder))) return true; // the server's own, or a person's
  const models = join(folder, MODELS);
  try {
    await mkdir(models).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
    await writeFile(join(models, model), '');
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

export async function modelsOfEnvironment(folder: string): Promise<string[]> {
  return readdir(join(folder, MODELS)).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
}
