/** The address is the state of a run table: what stands in it can be shared, kept as a view, and comes back with the page. */

export interface Sort {
  by: string;
  direction: 'asc' | 'desc';
}

/** What one number stands for the runs of a group. */
export const AGGREGATES = ['best', 'mean', 'min', 'max'] as const;
export type Aggregate = (typeof AGGREGATES)[number];

/** Which end of a coloured column is the good one. */
export type Better = 'higher' | 'lower';

export const LIFECYCLES = ['active', 'archived', 'deleted'] as const;
export type Lifecycle = (typeof LIFECYCLES)[number];

export interface TableState {
  filter: string;
  /** First, second … order; empty: newest first. */
  sorts: Sort[];
  /** Column ids or patterns with `*` (columnSets.ts); null: the table chooses. */
  columns: string[] | null;
  /** Columns that stay at the left while the others scroll, beside the name, which always does. */
  pinned: string[];
  /** px, by column id, where the person changed it */
  widths: Record<string, number>;
  /** What rows are gathered by, outermost first: `params.model`, `tags.team`, `attributes.user`. */
  groups: string[];
  /** By column id, where it is not the best. */
  aggregates: Record<string, Aggregate>;
  /** Columns whose cells are coloured by value. */
  colours: Record<string, Better>;
  selected: string[];
  lifecycle: Lifecycle;
  charts: boolean;
  /** Id of the saved view that this began as; what has been changed since stands in the other fields. */
  view: string | null;
}

export const emptyState: TableState = {
  filter: '',
  sorts: [],
  columns: null,
  pinned: [],
  widths: {},
  groups: [],
  aggregates: {},
  colours: {},
  selected: [],
  lifecycle: 'active',
  charts: true,
  view: null,
};

/** An address has its limits; more selected runs than this stay in the page only. */
const MOST_IN_ADDRESS = 50;
/** The server takes eight; nobody reads more than three off a table. */
export const MOST_SORTS = 3;
export const MOST_GROUPS = 4;
const SEPARATOR = '~'; // no key may hold one, and it needs no escape in an address

export function parseTableState(search: string): TableState {
  const said = new URLSearchParams(search);
  const columns = split(said.get('columns'));
  const show = said.get('show');
  return {
    filter: said.get('filter') ?? '',
    sorts: split(said.get('sort'))
      .slice(0, MOST_SORTS)
      .map((one) => ({ by: one.replace(/^-/, ''), direction: one.startsWith('-') ? 'desc' : 'asc' })),
    columns: columns.length > 0 ? columns : null,
    pinned: split(said.get('pin')),
    widths: pairs(said.get('widths'), (text) => {
      const width = Number(text);
      return width >= 40 && width <= 2_000 ? width : null;
    }),
    groups: [...new Set(split(said.get('group')))].slice(0, MOST_GROUPS),
    aggregates: pairs(said.get('sum'), oneOf(AGGREGATES)),
    colours: pairs(said.get('colour'), oneOf(['higher', 'lower'] as const)),
    selected: (said.get('selected') ?? '').split(',').filter((id) => /^[0-9a-f]{32}$/.test(id)),
    lifecycle: oneOf(LIFECYCLES)(show ?? '') ?? 'active',
    charts: said.get('charts') !== 'off',
    view: /^[0-9a-f-]{36}$/.exec(said.get('view') ?? '')?.[0] ?? null,
  };
}

export function formatTableState(state: TableState): string {
  const said = new URLSearchParams();
  const put = (name: string, parts: readonly string[]) => {
    if (parts.length > 0) said.set(name, parts.join(SEPARATOR));
  };
  if (state.filter) said.set('filter', state.filter);
  put(
    'sort',
    state.sorts.map(({ by, direction }) => (direction === 'desc' ? '-' : '') + by),
  );
  put('group', state.groups);
  put('columns', state.columns ?? []);
  put('pin', state.pinned);
  put(
    'widths',
    Object.entries(state.widths).map(([id, width]) => `${id}:${Math.round(width)}`),
  );
  put('sum', joined(state.aggregates));
  put('colour', joined(state.colours));
  if (state.selected.length > 0 && state.selected.length <= MOST_IN_ADDRESS) said.set('selected', state.selected.join(','));
  if (state.lifecycle !== 'active') said.set('show', state.lifecycle);
  if (!state.charts) said.set('charts', 'off');
  if (state.view) said.set('view', state.view);
  return said.toString();
}

/** A view keeps how runs are looked at, not which of them happened to be selected. */
export const formatView = (state: TableState): string => formatTableState({ ...state, selected: [], view: null });

/** Whether two addresses say the same view. */
export const isSameView = (a: string, b: string): boolean => formatView(parseTableState(a)) === formatView(parseTableState(b));

const split = (text: string | null) => (text ?? '').split(SEPARATOR).filter(Boolean);

const joined = (record: Record<string, string>) => Object.entries(record).map(([id, value]) => `${id}:${value}`);

/** `id:value` pairs; what `read` does not know is left out. A key may hold a colon, a value does not. */
function pairs<Value>(text: string | null, read: (value: string) => Value | null): Record<string, Value> {
  const record: Record<string, Value> = {};
  for (const pair of split(text)) {
    const at = pair.lastIndexOf(':');
    const value = at > 0 ? read(pair.slice(at + 1)) : null;
    if (value !== null) record[pair.slice(0, at)] = value;
  }
  return record;
}

const oneOf =
  <Word extends string>(words: readonly Word[]) =>
  (text: string): Word | null =>
    words.find((word) => word === text) ?? null;

/**
 * What a press on a header does: best first for numbers, then the other way, then as it was. `adds`: behind the orders that there are,
 * instead of in their place.
 */
export function nextSorts(sorts: readonly Sort[], by: string, isNumber: boolean, adds = false): Sort[] {
  const first = isNumber ? 'desc' : 'asc';
  const now = sorts.find((sort) => sort.by === by);
  const next: Sort | null = !now
    ? { by, direction: first }
    : now.direction === first
      ? { by, direction: first === 'asc' ? 'desc' : 'asc' }
      : null;
  if (!adds) return next ? [next] : [];
  if (!now) return next ? [...sorts.slice(0, MOST_SORTS - 1), next] : [...sorts];
  return sorts.flatMap((sort) => (sort.by === by ? (next ?? []) : sort));
}
