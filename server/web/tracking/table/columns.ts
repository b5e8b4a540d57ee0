/** The columns of a run table: what each is called, sorted by, and how wide it is to begin with. */
import type { Run } from '@cellkeep/schema/tracking';
import { fromWire } from '@cellkeep/schema/wire';
import type { Translate } from '../../host.ts';
import { exactNumber, formatMetric } from '../../look/format.ts';
import { isSystem } from '../mainMetric.ts';
import type { RunKeys } from '../queries.ts';

export type ColumnKind = 'name' | 'status' | 'source' | 'took' | 'when' | 'user' | 'artifacts' | 'param' | 'metric' | 'spark' | 'tag';

export interface Column {
  /** As in the address: `status`, `params.lr`, `metrics.auc`, `spark.auc`, `tags.team`. */
  id: string;
  kind: ColumnKind;
  /** Param, metric or tag key. */
  key: string;
  label: string;
  /** What the server orders by; null: cannot be sorted by. */
  orderBy: string | null;
  isNumber: boolean;
  width: number;
}

const OWN: Record<string, { kind: ColumnKind; label: string; orderBy: string | null; width: number; isNumber?: boolean }> = {
  name: { kind: 'name', label: 'Run', orderBy: 'attributes.name', width: 220 },
  status: { kind: 'status', label: 'State', orderBy: 'attributes.status', width: 104 },
  source: { kind: 'source', label: 'Notebook · cell', orderBy: 'attributes.notebook', width: 176 },
  user: { kind: 'user', label: 'Who', orderBy: 'attributes.user', width: 90 },
  artifacts: { kind: 'artifacts', label: 'Artifacts', orderBy: null, width: 80, isNumber: true },
  took: { kind: 'took', label: 'Took', orderBy: 'attributes.duration', width: 84, isNumber: true },
  when: { kind: 'when', label: 'When', orderBy: 'attributes.start_time', width: 84 },
};

export const ownColumns = (): string[] => Object.keys(OWN);

export function columnOf(id: string, t: Translate): Column | null {
  const own = OWN[id];
  if (own) return { id, key: '', isNumber: false, ...own, label: t(own.label) };
  const dot = id.indexOf('.');
  const [group, key] = [id.slice(0, dot), id.slice(dot + 1)];
  if (dot < 0 || !key) return null;
  const common = { id, key, label: key };
  if (group === 'params') return { ...common, kind: 'param', orderBy: id, isNumber: false, width: 108 };
  if (group === 'metrics') return { ...common, kind: 'metric', orderBy: id, isNumber: true, width: 96 };
  // The mark stands first, so that it is seen where the key is cut: it tells the curve from the metric's own column.
  if (group === 'spark') return { ...common, kind: 'spark', label: `∿ ${key}`, orderBy: null, isNumber: false, width: 78 };
  if (group === 'tags') return { ...common, kind: 'tag', orderBy: id, isNumber: false, width: 100 };
  return null;
}

const FIRST = 4; // params, and metrics, that a table shows before anybody chose

/** Name and state, what was set, what came out (the first with its curve), where from, how long, when. */
export function defaultColumns(keys: RunKeys | undefined): string[] {
  const metrics = (keys?.metrics ?? []).filter((key) => !isSystem(key)).slice(0, FIRST);
  const params = (keys?.params ?? []).slice(0, FIRST);
  return [
    'name',
    'status',
    ...params.map((key) => `params.${key}`),
    ...metrics.flatMap((key, i) => (i === 0 ? [`metrics.${key}`, `spark.${key}`] : [`metrics.${key}`])),
    'source',
    'user',
    'took',
    'when',
  ];
}

/** The keys that most of `runs` have come first, of equally frequent ones in the given order: columns that are full before those with gaps. */
export function rankKeys(keys: RunKeys, runs: readonly Pick<Run, 'params' | 'metrics'>[]): RunKeys {
  return { ...keys, params: byFrequency(keys.params, runs, 'params'), metrics: byFrequency(keys.metrics, runs, 'metrics') };
}

function byFrequency<Field extends 'params' | 'metrics'>(
  keys: readonly string[],
  runs: readonly Pick<Run, Field>[],
  field: Field,
): string[] {
  const counts = new Map<string, number>();
  for (const key of runs.flatMap((run) => Object.keys(run[field]))) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...keys].sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0));
}

/** The order that was decided, with the keys that have come since behind it: columns may be added, none changes its place. */
export function appendNewKeys(ranked: RunKeys, now: RunKeys): RunKeys {
  return { ...now, params: [...new Set([...ranked.params, ...now.params])], metrics: [...new Set([...ranked.metrics, ...now.metrics])] };
}

/** Text of a param, metric or tag cell and what it is exactly; null where the run has none. */
export function cellText(run: Run, column: Column): { text: string; exact: string } | null {
  if (column.kind === 'param') return textOf(run.params[column.key]);
  if (column.kind === 'tag') return textOf(run.tags[column.key]);
  const summary = run.metrics[column.key];
  if (!summary) return null;
  const exact = `${exactNumber(summary.last)} (step ${summary.lastStep}, min ${exactNumber(summary.min)}, max ${exactNumber(summary.max)})`;
  return { text: formatMetric(summary.last), exact };
}

const textOf = (value: string | undefined) => (value === undefined ? null : { text: value, exact: value });

/** The run that is best by the metric that the table is sorted by, among those loaded. */
export function bestOf(runs: readonly Run[], key: string, direction: 'asc' | 'desc'): string | null {
  let best: { id: string; value: number } | null = null;
  for (const run of runs) {
    const summary = run.metrics[key];
    const value = summary ? fromWire(summary.last) : Number.NaN;
    if (Number.isNaN(value)) continue;
    if (!best || (direction === 'desc' ? value > best.value : value < best.value)) best = { id: run.id, value };
  }
  return best?.id ?? null;
}
