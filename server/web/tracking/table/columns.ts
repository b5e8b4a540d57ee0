/** The columns of a run table: what each is called, sorted by, and how wide it is to begin with. */
import type { Run } from '@cellkeep/schema/tracking';
import { fromWire } from '@cellkeep/schema/wire';
import type { Translate } from '../../host.ts';
import { exactNumber, formatMetric } from '../../look/format.ts';
import { isSystem } from '../mainMetric.ts';
import type { RunKeys } from '../queries.ts';

export type ColumnKind =
  | 'name'
  | 'status'
  | 'experiment'
  | 'source'
  | 'took'
  | 'when'
  | 'user'
  | 'artifacts'
  | 'notes'
  | 'param'
  | 'metric'
  | 'spark'
  | 'tag';

export interface Column {
  /** As in the address: `status`, `params.lr`, `metrics.auc`, `spark.auc`, `tags.team`. */
  id: string;
  kind: ColumnKind;
  /** Param, metric or tag key. */
  key: string;
  label: string;
  /** What the server orders by; null: cannot be sorted by. */
  orderBy: string | null;
  /** What rows can be gathered by; null: hardly two runs have it alike. */
  groupBy: string | null;
  isNumber: boolean;
  width: number;
}

interface OwnColumn {
  kind: ColumnKind;
  label: string;
  orderBy: string | null;
  width: number;
  isNumber?: boolean;
  groupBy?: string;
}

const OWN: Record<string, OwnColumn> = {
  name: { kind: 'name', label: 'Run', orderBy: 'attributes.name', width: 220 },
  status: { kind: 'status', label: 'State', orderBy: 'attributes.status', groupBy: 'attributes.status', width: 104 },
  experiment: { kind: 'experiment', label: 'Experiment', orderBy: 'attributes.experiment', groupBy: 'attributes.experiment', width: 130 },
  source: { kind: 'source', label: 'Notebook · cell', orderBy: 'attributes.notebook', groupBy: 'attributes.notebook', width: 176 },
  user: { kind: 'user', label: 'Who', orderBy: 'attributes.user', groupBy: 'attributes.user', width: 90 },
  artifacts: { kind: 'artifacts', label: 'Artifacts', orderBy: null, width: 80, isNumber: true },
  notes: { kind: 'notes', label: 'Notes', orderBy: null, width: 200 },
  took: { kind: 'took', label: 'Took', orderBy: 'attributes.duration', width: 84, isNumber: true },
  when: { kind: 'when', label: 'When', orderBy: 'attributes.start_time', width: 84 },
};

export const ownColumns = (): string[] => Object.keys(OWN);

export function columnOf(id: string, t: Translate): Column | null {
  const own = OWN[id];
  if (own && Object.hasOwn(OWN, id)) return { id, key: '', isNumber: false, groupBy: null, ...own, label: t(own.label) };
  const dot = id.indexOf('.');
  const [group, key] = [id.slice(0, dot), id.slice(dot + 1)];
  if (dot < 0 || !key) return null;
  const common = { id, key, label: key, groupBy: null };
  if (group === 'params') return { ...common, kind: 'param', orderBy: id, groupBy: id, isNumber: false, width: 108 };
  if (group === 'metrics') return { ...common, kind: 'metric', orderBy: id, isNumber: true, width: 108 };
  // The mark stands first, so that it is seen where the key is cut: it tells the curve from the metric's own column.
  if (group === 'spark') return { ...common, kind: 'spark', label: `∿ ${key}`, orderBy: null, isNumber: false, width: 78 };
  if (group === 'tags') return { ...common, kind: 'tag', orderBy: id, groupBy: id, isNumber: false, width: 100 };
  return null;
}

const FIRST = 4; // params, and metrics, that a table shows before anybody chose

/** Name and state, what was set, what came out (the first with its curve), where from, how long, when. */
export function defaultColumns(keys: RunKeys | undefined, isNarrow = false): string[] {
  const metrics = (keys?.metrics ?? []).filter((key) => !isSystem(key)).slice(0, FIRST);
  const params = (keys?.params ?? []).slice(0, FIRST);
  // Where there is room for three columns: what came out, and when.
  if (isNarrow) return ['name', ...metrics.slice(0, 2).map((key) => `metrics.${key}`), 'status', 'when'];
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

/** A key may be called like something that every object has. */
const own = <Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;

/** Text of a param, metric or tag cell and what it is exactly; null where the run has none. */
export function cellText(run: Run, column: Column, t: Translate): { text: string; exact: string } | null {
  if (column.kind === 'param') return textOf(own(run.params, column.key));
  if (column.kind === 'tag') return textOf(own(run.tags, column.key));
  const summary = own(run.metrics, column.key);
  if (!summary) return null;
  const [last, min, max] = [exactNumber(summary.last), exactNumber(summary.min), exactNumber(summary.max)];
  const exact = t('{last} (step {step}, min {min}, max {max})', { last, min, max, step: summary.lastStep });
  return { text: formatMetric(summary.last), exact };
}

/** The number of a metric's cell; undefined where there is none. */
export function metricOf(run: Run, column: Column): number | undefined {
  const summary = column.kind === 'metric' ? own(run.metrics, column.key) : undefined;
  return summary && fromWire(summary.last);
}

const textOf = (value: string | undefined) => (value === undefined ? null : { text: value, exact: value });

/** The run that is best by the metric that the table is sorted by, among those loaded. */
export function bestOf(runs: readonly Run[], key: string, direction: 'asc' | 'desc'): string | null {
  let best: { id: string; value: number } | null = null;
  for (const run of runs) {
    const summary = own(run.metrics, key);
    const value = summary ? fromWire(summary.last) : Number.NaN;
    if (Number.isNaN(value)) continue;
    if (!best || (direction === 'desc' ? value > best.value : value < best.value)) best = { id: run.id, value };
  }
  return best?.id ?? null;
}
