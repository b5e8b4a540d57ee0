/** Names, versions and aliases of models as MLflow's server takes them, and what it says of those that it does not. */
import { isReservedAlias } from '@cellkeep/schema/registry';
import { limits } from '@cellkeep/schema/wire';
import { isFailure } from '../core/failure.ts';
import { invalidParameter, type MlflowError, resourceDoesNotExist } from './errors.ts';
import { checkName } from './keys.ts';
import { message, string } from './message.ts';

export const tagMessage = message({ key: string, value: string });

const exceeds = (what: string, limit: number) => invalidParameter(`'${what}' exceeds the maximum length of ${limit} characters`);

/** @param field that was missing where the name is empty */
export function checkModelName(name: string, field = 'name'): string {
  if (name.trim() === '') throw invalidParameter(`Missing value for required parameter '${field}'.`);
  if (/[/:]/.test(name)) throw invalidParameter(`Invalid model name '${name}'. Names cannot contain '/' or ':'.`);
  if (/^\.(\.|$)/.test(name)) checkName(name, () => 'name'); // says which path it would resolve to
  if (name.length > limits.name) throw exceeds('name', limits.name);
  return name;
}

/** Numbers that no version can have are those of versions that are not there. */
export function readVersion(text: string): number {
  if (!/^\s*[+-]?\d+\s*$/.test(text)) throw invalidParameter(`Parameter 'version' must be an integer, got '${text}'.`);
  const version = Number(text);
  return version >= 1 && version <= 2_147_483_647 ? version : 0;
}

export function checkAlias(alias: string): string {
  if (!/^[\p{L}\p{N}_-]*$/u.test(alias)) {
    throw invalidParameter(`Invalid alias name: '${alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`);
  }
  if (alias.length > limits.alias) throw exceeds('Registered model alias name', limits.alias);
  return alias;
}

export function checkNewAlias(alias: string): string {
  checkAlias(alias);
  if (!isReservedAlias(alias)) return alias;
  if (alias.toLowerCase() === 'latest') throw invalidParameter("'latest' alias name (case insensitive) is reserved.");
  throw invalidParameter(`Version alias name '${alias}' is reserved.`);
}

export function checkTagKey(key: string): string {
  checkName(key, () => 'key');
  if (key.length > limits.key) throw exceeds('key', limits.key);
  return key;
}

export function checkTagValue(value: string): string {
  if (value.length > limits.modelTagValue) throw exceeds('value', limits.modelTagValue);
  return value;
}

/** Of one key that comes twice the last value counts. */
export function readTags(tags: readonly { key?: string | undefined; value?: string | undefined }[]): Record<string, string> {
  return Object.fromEntries(tags.map(({ key = '', value = '' }) => [checkTagKey(key), checkTagValue(value)]));
}

/** What the protocol has for a record; undefined where there is nothing, which is left out of the answer. */
export function pairsOf(record: Record<string, string>): { key: string; value: string }[] | undefined {
  const pairs = Object.entries(record).map(([key, value]) => ({ key, value }));
  return pairs.length > 0 ? pairs : undefined;
}

export const noSuchModel = (name: string) => resourceDoesNotExist(`Registered Model with name=${name} not found`);
export const noSuchVersion = (name: string, version: number | string) =>
  resourceDoesNotExist(`Model Version (name=${name}, version=${version}) not found`);
export const noSuchLoggedModel = (id: string) => resourceDoesNotExist(`Logged model with ID '${id}' not found.`);

/**
 * What the room refuses, in MLflow's words.
 * @param words by the code of the failure and the field that it names: `NOT_FOUND version`
 */
export async function inWords<T>(work: Promise<T>, words: Record<string, () => MlflowError | Promise<MlflowError>>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!isFailure(error)) throw error;
    const say = words[`${error.code} ${error.data.issues[0]?.field}`];
    throw say ? await say() : error;
  }
}

/** As Python shows a text. */
export function pythonText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t');
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote;
}

/** Refuses a field that is ordered by twice. */
export function refuseRepeated<By>(fields: readonly By[], clauses: readonly string[]): void {
  if (new Set(fields).size < fields.length)
    throw invalidParameter(`\`order_by\` contains duplicate fields: [${clauses.map(pythonText).join(', ')}]`);
}
