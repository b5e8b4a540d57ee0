/** The address is the state of a run table: what stands in it can be shared, and comes back with the page. */

export interface Sort {
  by: string;
  direction: 'asc' | 'desc';
}

export interface TableState {
  filter: string;
  /** Null: newest first. */
  sort: Sort | null;
  /** Null: the table chooses. */
  columns: string[] | null;
  /** px, by column id, where the person changed it */
  widths: Record<string, number>;
  selected: string[];
  lifecycle: 'active' | 'deleted';
  charts: boolean;
}

export const emptyState: TableState = {
  filter: '',
  sort: null,
  columns: null,
  widths: {},
  selected: [],
  lifecycle: 'active',
  charts: true,
};

/** An address has its limits; more selected runs than this stay in the page only. */
const MOST_IN_ADDRESS = 50;
const SEPARATOR = '~'; // no key may hold one, and it needs no escape in an address

export function parseTableState(search: string): TableState {
  const said = new URLSearchParams(search);
  const sort = said.get('sort');
  const widths: Record<string, number> = {};
  for (const pair of split(said.get('widths'))) {
    const at = pair.lastIndexOf(':');
    const width = Number(pair.slice(at + 1));
    if (at > 0 && width >= 40 && width <= 2_000) widths[pair.slice(0, at)] = width;
  }
  const columns = split(said.get('columns'));
  return {
    filter: said.get('filter') ?? '',
    sort: sort ? { by: sort.replace(/^-/, ''), direction: sort.startsWith('-') ? 'desc' : 'asc' } : null,
    columns: columns.length > 0 ? columns : null,
    widths,
    selected: (said.get('selected') ?? '').split(',').filter((id) => /^[0-9a-f]{32}$/.test(id)),
    lifecycle: said.get('show') === 'deleted' ? 'deleted' : 'active',
    charts: said.get('charts') !== 'off',
  };
}

export function formatTableState(state: TableState): string {
  const said = new URLSearchParams();
  if (state.filter) said.set('filter', state.filter);
  if (state.sort) said.set('sort', (state.sort.direction === 'desc' ? '-' : '') + state.sort.by);
  if (state.columns) said.set('columns', state.columns.join(SEPARATOR));
  const widths = Object.entries(state.widths).map(([id, width]) => `${id}:${Math.round(width)}`);
  if (widths.length > 0) said.set('widths', widths.join(SEPARATOR));
  if (state.selected.length > 0 && state.selected.length <= MOST_IN_ADDRESS) said.set('selected', state.selected.join(','));
  if (state.lifecycle === 'deleted') said.set('show', 'deleted');
  if (!state.charts) said.set('charts', 'off');
  return said.toString();
}

const split = (text: string | null) => (text ?? '').split(SEPARATOR).filter(Boolean);

/** What a click on a header does: best first for numbers, then the other way, then as it was. */
export function nextSort(sort: Sort | null, by: string, isNumber: boolean): Sort | null {
  const first = isNumber ? 'desc' : 'asc';
  if (sort?.by !== by) return { by, direction: first };
  return sort.direction === first ? { by, direction: first === 'asc' ? 'desc' : 'asc' } : null;
}
