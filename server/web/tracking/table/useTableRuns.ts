/** What a run table asks of the server: the rows in sight, their groups, how many there are, and the keys to choose columns from. */
import { useQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { useClient } from '../../live/shared.ts';
import { groupThousands } from '../../look/format.ts';
import { likelyDirection } from '../compare/differences.ts';
import { type RunKeys, type RunSearch, useRunKeys } from '../queries.ts';
import { arrange, expandColumns } from './columnSets.ts';
import { countText } from './Toolbar.tsx';
import type { TableState } from './tableState.ts';
import { useDefaultColumns } from './useDefaultColumns.ts';
import { type Grouped, type GroupOrder, scopeOf, useGroups } from './useGroups.ts';
import { type RunPages, useRunPages } from './useRunPages.ts';
import type { Span } from './useViewport.ts';

const NARROW = 560; // px
/** Metrics that come with each row whether they are in sight or not; of more, those around the columns in sight. */
const FEW = 60;
const COARSE = 50; // rows; the whole view is rendered for pages, not for each step of a scroll
const BLOCK = 40; // columns; their values come together

export interface TableRuns {
  /** What the rows are, without what is carried of each. */
  query: RunSearch;
  pages: RunPages;
  grouped: Grouped;
  keys: { data: RunKeys | undefined };
  columnSet: readonly string[];
  isNarrow: boolean;
  /** Runs that match; null: not known yet. */
  total: number | null;
  /** There are more than that. */
  isAtLeast: boolean;
  exact: { n: number; isAtLeast: boolean } | null;
  groupsText: string | null;
  /** Rows on screen. */
  seen: Span;
  isLoading: boolean;
  error: unknown;
  retry: () => void;
  onVisible: (drawn: Span, seen: Span) => void;
  onColumns: (span: Span) => void;
}

export function useTableRuns(id: string, state: TableState, width: number): TableRuns {
  const t = useTranslate();
  const isNarrow = width < NARROW;
  const experimentIds = useMemo(() => [id], [id]);
  const [drawn, setDrawn] = useState<Span>({ from: 0, to: 2 * COARSE });
  const [seen, setSeen] = useState<Span>({ from: 0, to: 20 });
  const onVisible = useCallback((rows: Span, onScreen: Span) => {
    setSeen(onScreen);
    const [from, to] = [Math.floor(rows.from / COARSE) * COARSE, Math.ceil(rows.to / COARSE) * COARSE];
    setDrawn((now) => (now.from === from && now.to === to ? now : { from, to }));
  }, []);
  const [columns, setColumns] = useState<Span>({ from: 0, to: BLOCK });
  const onColumns = useCallback((span: Span) => setColumns(span), []);

  // What the columns are is needed for the first rows; what else there is to choose from, only after them.
  const [hasRows, setHasRows] = useState(false);
  const needsKeys = hasRows || (state.columns?.some((one) => one.includes('*')) ?? false);
  const keys = useRunKeys(experimentIds, needsKeys);
  const { columns: columnsAtFirst, sample } = useDefaultColumns(id, keys.data, isNarrow);
  const columnSet = useMemo(() => state.columns ?? columnsAtFirst ?? [], [state.columns, columnsAtFirst]);
  const metrics = useWantedMetrics(columnSet, keys.data, state, columns, isNarrow);

  const query = useMemo(
    (): RunSearch => ({ experimentIds, filter: state.filter, lifecycle: state.lifecycle, orderBy: state.sorts }),
    [experimentIds, state.filter, state.lifecycle, state.sorts],
  );
  const search = useMemo((): RunSearch => ({ ...query, metrics }), [query, metrics]);
  const isReady = columnSet.length > 0;
  const order = useMemo(() => groupOrder(state), [state]);
  const grouped = useGroups(search, isReady ? state.groups : NO_GROUPS, metrics, order);
  const isGrouped = state.groups.length > 0;
  const pages = useRunPages(search, isGrouped ? (grouped.laid ?? NOTHING) : null, drawn, isReady, isAsFound(state) ? sample : undefined);
  if (!hasRows && (pages.total !== null || grouped.total !== null)) setHasRows(true);

  const counted = useExactCount(query, !isGrouped && pages.isAtLeast);
  const total = isGrouped ? (grouped.total?.runs ?? null) : (counted ?? pages.total);
  const isAtLeast = !isGrouped && pages.isAtLeast && counted === null;
  const groupsText = grouped.total
    ? `${t('{n} groups', { n: groupThousands(grouped.total.groups) })} · ${t('{n} runs', { n: countText(grouped.total.runs, false) })}`
    : null;
  return {
    query,
    pages: counted === null ? pages : pages.withTotal(counted),
    grouped,
    keys: { data: keys.data },
    columnSet,
    isNarrow,
    total,
    isAtLeast,
    exact: total === null ? null : { n: total, isAtLeast },
    groupsText,
    seen,
    isLoading: isGrouped ? grouped.isLoading : pages.isLoading,
    error: (isGrouped ? grouped.error : null) ?? pages.error,
    retry: () => {
      grouped.retry();
      pages.retry();
    },
    onVisible,
    onColumns,
  };
}

/** Nothing was chosen: the newest runs, in columns that the sample of the newest runs has. */
const isAsFound = ({ filter, sorts, columns, lifecycle, groups }: TableState) =>
  filter === '' && sorts.length === 0 && columns === null && lifecycle === 'active' && groups.length === 0;

const NO_GROUPS: string[] = [];
const NOTHING = { stretches: [], count: 0 };

/** Keys of the metrics whose values rows carry: all that have columns, or, of very many, those around what is in sight. */
function useWantedMetrics(set: readonly string[], keys: RunKeys | undefined, state: TableState, drawn: Span, isNarrow: boolean): string[] {
  const name = useMemo(() => {
    const ids = arrange(expandColumns(set, keys), isNarrow ? [] : state.pinned);
    const metricsIn = (some: readonly string[]) => some.flatMap((id) => /^(?:metrics|spark)\.(.+)$/s.exec(id)?.[1] ?? []);
    const all = [...new Set(metricsIn(ids.ids))];
    if (all.length <= FEW) return JSON.stringify(all);
    const from = Math.max(0, Math.floor(drawn.from / BLOCK) - 1) * BLOCK;
    const to = (Math.floor(drawn.to / BLOCK) + 2) * BLOCK;
    return JSON.stringify([...new Set(metricsIn([...ids.ids.slice(0, ids.fixed), ...ids.ids.slice(from, to)]))]);
  }, [set, keys, state.pinned, drawn.from, drawn.to, isNarrow]);
  return useMemo(() => JSON.parse(name) as string[], [name]);
}

/** Groups stand in the order of the table where its key says something of a group; else the largest first. */
function groupOrder({ sorts: [first], aggregates, colours, groups }: TableState): GroupOrder {
  if (!first) return [];
  if (groups.includes(first.by)) return [first];
  if (first.by === 'attributes.start_time') return [{ by: 'newest', direction: first.direction }];
  if (!first.by.startsWith('metrics.')) return [];
  const chosen = aggregates[first.by] ?? 'best';
  const better = colours[first.by] ?? likelyDirection(first.by.slice('metrics.'.length));
  return [{ by: `${first.by}.${chosen === 'best' ? (better === 'higher' ? 'max' : 'min') : chosen}`, direction: first.direction }];
}

/** The server counts a filter's first ten thousand with the rows; the rest behind them, when the rows are there. */
function useExactCount(search: RunSearch, isWanted: boolean): number | null {
  const client = useClient();
  const input = { ...scopeOf(search), limit: 1, count: 'exact' as const, metrics: [], params: [], tags: [], details: false };
  const { data } = useQuery({
    queryKey: ['runs', 'count', input],
    enabled: isWanted,
    queryFn: async ({ signal }) => (await client.tracking.runs.search(input, { signal })).total,
  });
  return isWanted ? (data ?? null) : null;
}
