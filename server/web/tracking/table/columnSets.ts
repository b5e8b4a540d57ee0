/**
 * Which columns a table shows, and in which order. A set is a list of column ids; one with `*` stands for every key that fits, so that
 * "all ten thousand metrics" is a short address. No key holds a `*`. A column that is named by itself is left out of the patterns, and
 * `!id` takes one out of them.
 */
import type { RunKeys } from '../queries.ts';
import { ownColumns } from './columns.ts';

export const isPattern = (id: string): boolean => id.includes('*');

/** Ids of the columns, each once; the name is always among them and first. */
export function expandColumns(set: readonly string[], keys: RunKeys | undefined): string[] {
  const named = new Set(set.filter((id) => !isPattern(id)).map((id) => id.replace(/^!/, '')));
  const shown = new Set(['name']);
  for (const id of set) {
    if (id.startsWith('!')) continue;
    if (!isPattern(id)) shown.add(id);
    else for (const found of matching(id, keys)) if (!named.has(found)) shown.add(found);
  }
  return [...shown];
}

function matching(pattern: string, keys: RunKeys | undefined): string[] {
  const dot = pattern.indexOf('.');
  const [group, rest] = [pattern.slice(0, dot), pattern.slice(dot + 1).toLowerCase()];
  const all = { metrics: keys?.metrics, params: keys?.params, tags: keys?.tags, spark: keys?.metrics }[group] ?? [];
  return all.filter((key) => fits(key.toLowerCase(), rest.split('*'))).map((key) => `${group}.${key}`);
}

/** Not by a regular expression: a pattern comes from an address, and one with many stars could take minutes. */
function fits(key: string, parts: readonly string[]): boolean {
  const [first = '', ...others] = parts;
  const last = others.pop() ?? '';
  if (!key.startsWith(first) || !key.endsWith(last) || key.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of others) {
    const found = key.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= key.length - last.length;
}

/** Every column that there is to choose from. */
export function allColumns(keys: RunKeys | undefined): string[] {
  return [
    ...ownColumns(),
    ...(keys?.metrics ?? []).flatMap((key) => [`metrics.${key}`, `spark.${key}`]),
    ...(keys?.params ?? []).map((key) => `params.${key}`),
    ...(keys?.tags ?? []).map((key) => `tags.${key}`),
  ];
}

/** The set without that column. */
export function withoutColumn(set: readonly string[], id: string): string[] {
  const rest = set.filter((one) => one !== id && one !== `!${id}`);
  return rest.some(isPattern) ? [...rest, `!${id}`] : rest;
}

export function withColumn(set: readonly string[], id: string): string[] {
  return [...set.filter((one) => one !== `!${id}` && one !== id), id];
}

/** The set with `id` where `target` is; a column that comes from a pattern stands where its pattern does. */
export function moveColumn(set: readonly string[], id: string, target: string, keys: RunKeys | undefined): string[] {
  const placeOf = (wanted: string) => {
    const named = set.indexOf(wanted);
    return named >= 0 ? named : set.findIndex((one) => isPattern(one) && matching(one, keys).includes(wanted));
  };
  const [from, to] = [placeOf(id), placeOf(target)];
  if (from < 0 || to < 0 || id === target) return [...set];
  const rest = set.filter((one) => one !== id && one !== `!${id}`);
  const at = rest.indexOf(set[to] ?? '');
  rest.splice(from < to || from === to ? at + 1 : at, 0, id);
  return rest;
}

/** The name, then what is pinned, then the others, each in the order of the set. */
export function arrange(ids: readonly string[], pinned: readonly string[]): { ids: string[]; fixed: number } {
  const isPinned = (id: string) => id === 'name' || pinned.includes(id);
  const fixed = ids.filter(isPinned);
  return { ids: [...fixed, ...ids.filter((id) => !isPinned(id))], fixed: fixed.length };
}
