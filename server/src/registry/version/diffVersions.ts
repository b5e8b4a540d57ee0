/** What differs between two versions of a model; what is equal is left out. */
import type { Column, Evaluation, Signature, VersionDiff } from '@cellkeep/schema/registry';
import type { CallContext } from '../../core/context.ts';
import { requireModel } from '../registeredModels.ts';
import { requireDetails } from './details.ts';
import { factsOf, type VersionFacts } from './facts.ts';
import type { WhereServed } from './whereServed.ts';

export async function diffVersions(
  context: CallContext,
  where: WhereServed,
  { name, a, b }: { name: string; a: number; b: number },
): Promise<VersionDiff> {
  const { sql, caller } = context;
  const model = await requireModel(sql, caller.workspaceId, name);
  const [one, other] = await Promise.all(
    [a, b].map(async (version) => factsOf(sql, caller.workspaceId, model.id, await requireDetails(context, where, { name, version }))),
  );
  return diffFacts(one as VersionFacts, other as VersionFacts);
}

export function diffFacts(a: VersionFacts, b: VersionFacts): VersionDiff {
  const [first, second] = [a.details.bundle, b.details.bundle];
  return {
    a: a.details,
    b: b.details,
    params: differing(a.params, b.params),
    metrics: differing(a.metrics, b.metrics),
    evaluations: diffEvaluations(a.evaluations, b.evaluations),
    signature: diffSignature(first?.signature ?? null, second?.signature ?? null),
    packages: differing(a.packages, b.packages).map(({ key, ...both }) => ({ name: key, ...both })),
    data: differing(versionsOf(a), versionsOf(b)).map(({ key, ...both }) => ({ name: key, ...both })),
    snapshots: { a: first?.origin.snapshotId ?? null, b: second?.origin.snapshotId ?? null },
    sizeBytes: { a: first?.sizeBytes ?? null, b: second?.sizeBytes ?? null },
    latencyUs: { a: newestLatency(a.evaluations), b: newestLatency(b.evaluations) },
  };
}

function differing<T>(a: Record<string, T>, b: Record<string, T>): { key: string; a: T | null; b: T | null }[] {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  const of = (all: Record<string, T>, key: string) => (Object.hasOwn(all, key) ? (all[key] as T) : null);
  return keys.map((key) => ({ key, a: of(a, key), b: of(b, key) })).filter((row) => row.a !== row.b);
}

const versionsOf = ({ data }: VersionFacts): Record<string, string> =>
  Object.fromEntries(data.map(({ name, version, digest }) => [name, version || digest]));

function newestLatency(evaluations: readonly Evaluation[]): number | null {
  return evaluations.toSorted((a, b) => b.at - a.at).find(({ latencyUs }) => latencyUs !== null)?.latencyUs ?? null;
}

/** Also what one of them was not asked: an empty side says that nothing can be compared yet. */
function diffEvaluations(a: readonly Evaluation[], b: readonly Evaluation[]): VersionDiff['evaluations'] {
  const rows = new Map<string, VersionDiff['evaluations'][number]>();
  for (const [side, evaluations] of [
    ['a', a],
    ['b', b],
  ] as const) {
    for (const { setId, setName, results } of evaluations) {
      for (const { slice, metric, value } of results) {
        const key = JSON.stringify([setId, slice, metric]);
        const row = rows.get(key) ?? { setName, slice, metric, a: null, b: null };
        rows.set(key, { ...row, [side]: value });
      }
    }
  }
  return [...rows.values()].filter((row) => row.a !== row.b);
}

export function diffSignature(a: Signature | null, b: Signature | null): VersionDiff['signature'] {
  if (!a || !b) return [];
  const layout = a.layout === b.layout ? [] : [{ column: '', change: `layout ${a.layout} → ${b.layout}` }];
  return [...layout, ...diffColumns(a.inputs, b.inputs, ''), ...diffColumns(a.outputs, b.outputs, 'output ')];
}

function diffColumns(a: readonly Column[], b: readonly Column[], side: string): VersionDiff['signature'] {
  const before = new Map(a.map((column) => [column.name, column]));
  const after = new Map(b.map((column) => [column.name, column]));
  const rows: VersionDiff['signature'] = [];
  for (const [name, column] of before) {
    const now = after.get(name);
    const changes = now ? changesOf(column, now) : [`${side}removed`];
    rows.push(...changes.map((change) => ({ column: name, change })));
  }
  for (const [name, { type }] of after) if (!before.has(name)) rows.push({ column: name, change: `${side}added (${type})` });
  return rows;
}

function changesOf(a: Column, b: Column): string[] {
  const changes: string[] = [];
  if (a.type !== b.type) changes.push(`type ${a.type} → ${b.type}`);
  if (a.required !== b.required) changes.push(b.required ? 'required now' : 'optional now');
  if (String(a.shape) !== String(b.shape)) changes.push(`shape ${shape(a)} → ${shape(b)}`);
  if (a.min !== b.min || a.max !== b.max) changes.push(`range ${range(a)} → ${range(b)}`);
  const [old, now] = [new Set((a.categories ?? []).map(String)), new Set((b.categories ?? []).map(String))];
  const [added, gone] = [[...now].filter((one) => !old.has(one)), [...old].filter((one) => !now.has(one))];
  if (a.categories === null && b.categories !== null) changes.push(`${now.size} categories now`);
  else if (a.categories !== null && b.categories === null) changes.push('no categories now');
  else if (added.length + gone.length > 0) changes.push(`categories ${[...named('+', added), ...named('−', gone)].join(' ')}`);
  return changes;
}

const MOST_NAMED = 5;

const named = (sign: string, values: readonly string[]): string[] => [
  ...values.slice(0, MOST_NAMED).map((value) => `${sign}${value}`),
  ...(values.length > MOST_NAMED ? [`${sign}${values.length - MOST_NAMED} more`] : []),
];

const shape = ({ shape }: Column): string => (shape ? `[${shape.join(', ')}]` : 'scalar');
const range = ({ min, max }: Column): string => (min === null && max === null ? 'unknown' : `${min ?? '−∞'} … ${max ?? '∞'}`);
