/** What a name, a version or an alias means; what means nothing is said in MLflow's words. */
import type { ModelVersion } from '@cellkeep/schema/registry';
import { type ModelRow, requireModel, requireVersion, versionOfAlias } from '../registry/index.ts';
import type { MlflowContext } from './call.ts';
import { invalidParameter, resourceDoesNotExist } from './errors.ts';
import { checkModelName, inWords, noSuchModel, noSuchVersion, readVersion } from './modelWords.ts';

export type Said = Pick<MlflowContext, 'sql' | 'caller'>;

export function findModel({ sql, caller }: Said, name: string): Promise<ModelRow> {
  const work = requireModel(sql, caller.workspaceId, checkModelName(name));
  return inWords(work, { 'NOT_FOUND name': () => noSuchModel(name) });
}

/** A name that is not there and a version that is not there are one thing here. */
export function inVersionWords<T>(work: Promise<T>, name: string, version: string): Promise<T> {
  const say = () => noSuchVersion(name, version);
  return inWords(work, { 'NOT_FOUND name': say, 'NOT_FOUND version': say });
}

export function findVersion({ sql, caller }: Said, name: string, version: string): Promise<ModelVersion> {
  checkModelName(name);
  const number = readVersion(version);
  const find = async () => requireVersion(sql, await requireModel(sql, caller.workspaceId, name), number);
  return inVersionWords(find(), name, version);
}

/** `latest` is always the greatest number, and never an alias that somebody set. */
export async function findByAlias(context: Said, name: string, alias: string): Promise<ModelVersion> {
  const { sql, caller } = context;
  if (alias.toLowerCase() === 'latest') {
    const model = await findModel(context, name);
    if (model.latestVersion === null) throw resourceDoesNotExist(`Latest version not found for model ${name}.`);
    return requireVersion(sql, model, model.latestVersion);
  }
  return inWords(versionOfAlias(sql, caller.workspaceId, { name: checkModelName(name), alias }), {
    'NOT_FOUND name': () => noSuchModel(name),
    'NOT_FOUND alias': () => invalidParameter(`Registered model alias ${alias} not found.`),
  });
}
