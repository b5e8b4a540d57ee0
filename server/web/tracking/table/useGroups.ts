/** The groups of a table, level by level: those within a group are asked for when it is opened. */
import { fromWire } from '@cellkeep/schema/wire';
import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useClient } from '../../live/shared.ts';
import type { RunSearch } from '../queries.ts';
import { type Group, groupOf } from './groups.ts';
import { type Laid, type Level, layGroups } from './rowModel.ts';

export const GROUPS = 100; // groups asked for at once
const MOST_METRICS = 20; // whose numbers the server sums up in one answer

export interface Grouped {
  /** Null: the table has no groups. */
  laid: Laid | null;
  total: { groups: number; runs: number } | null;
  isLoading: boolean;
  isOld: boolean;
  error: unknown;
  retry: () => void;
  toggle: (path: string) => void;
  /** Opens or closes all that are listed. */
  toggleAll: (open: boolean) => void;
  more: (path: string) => void;
}

interface OpenLevel {
  path: string;
  depth: number;
  search: RunSearch;
}

export function useGroups(search: RunSearch, by: readonly string[], metrics: readonly string[], orderBy: GroupOrder): Grouped {
  const client = useClient();
  const name = JSON.stringify([search, by]);
  const [held, setHeld] = useState<{ name: string; open: ReadonlySet<string>; limits: ReadonlyMap<string, number> }>(() => fresh(name));
  const { open, limits } = held.name === name ? held : fresh(name);
  useEffect(() => setHeld((now) => (now.name === name ? now : fresh(name))), [name]);
  const asked = useMemo(() => [...metrics].slice(0, MOST_METRICS), [metrics]);

  const query = ({ path, depth, search: within }: OpenLevel) => {
    const limit = limits.get(path) ?? GROUPS;
    const input = { ...scopeOf(within), by: [by[depth] ?? ''], metrics: asked, orderBy, limit };
    return {
      queryKey: ['runs', 'groups', path, input],
      enabled: by.length > 0,
      placeholderData: keepPreviousData,
      queryFn: ({ signal }: { signal: AbortSignal }) => client.tracking.runs.groups(input, { signal }),
    };
  };
  const top = useQuery(query({ path: '', depth: 0, search }));
  const topGroups = useMemo(
    () => (top.data && by.length > 0 ? top.data.groups.map((one) => groupOf(one, by[0] ?? '', search, '', 0)) : NONE),
    [top.data, by, search],
  );

  // Level by level: the groups of a level say where the open levels below them lie.
  const second = useLevel(topGroups, 1, by, open, query);
  const third = useLevel(second.groups, 2, by, open, query);
  const fourth = useLevel(third.groups, 3, by, open, query);

  const laid = useMemo(() => {
    if (by.length === 0) return null;
    const levels = new Map<string, Level>([...second.levels, ...third.levels, ...fourth.levels]);
    const first = { groups: topGroups, total: top.data?.total ?? null };
    return layGroups(by.length, open, (path) => (path === '' ? first : (levels.get(path) ?? { groups: [], total: null })));
  }, [by, open, topGroups, top.data, second.levels, third.levels, fourth.levels]);

  const toggle = useCallback(
    (path: string) =>
      setHeld((now) => {
        const next = new Set(now.open);
        if (!next.delete(path)) next.add(path);
        return { ...now, open: next };
      }),
    [],
  );
  return {
    laid,
    total: top.data && by.length > 0 ? { groups: top.data.total, runs: top.data.runs } : null,
    isLoading: by.length > 0 && top.isPending,
    isOld: top.isPlaceholderData,
    error: top.error,
    retry: () => void top.refetch(),
    toggle,
    toggleAll: (isOpen) => setHeld((now) => ({ ...now, open: new Set(isOpen ? topGroups.map(({ path }) => path) : []) })),
    more: (path) => setHeld((now) => ({ ...now, limits: new Map(now.limits).set(path, (now.limits.get(path) ?? GROUPS) + 4 * GROUPS) })),
  };
}

export type GroupOrder = { by: string; direction: 'asc' | 'desc' }[];

type Answer = Awaited<ReturnType<ReturnType<typeof useClient>['tracking']['runs']['groups']>>;

/** The groups within the open ones of `parents`. */
function useLevel(
  parents: readonly Group[],
  depth: number,
  by: readonly string[],
  open: ReadonlySet<string>,
  query: (level: OpenLevel) => { queryKey: unknown[]; queryFn: (context: { signal: AbortSignal }) => Promise<Answer> },
): { groups: readonly Group[]; levels: ReadonlyMap<string, Level> } {
  const opened = depth < by.length ? parents.filter(({ path }) => open.has(path)) : NONE;
  const answers = useQueries({
    queries: opened.map(({ path, search }) => query({ path, depth, search })),
    combine: useCallback((all: { data: Answer | undefined; error: unknown }[]) => all.map(({ data, error }) => ({ data, error })), []),
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: opened follows from parents and open
  return useMemo(() => {
    const levels = new Map<string, Level>();
    opened.forEach(({ path, search }, i) => {
      const { data, error } = answers[i] ?? {};
      const groups = (data?.groups ?? []).map((one) => groupOf(one, by[depth] ?? '', search, path, depth));
      levels.set(path, { groups, total: data?.total ?? null, error: error ?? undefined });
    });
    return { levels, groups: [...levels.values()].flatMap(({ groups }) => groups) };
  }, [parents, open, answers, by, depth]);
}

const NONE: Group[] = [];
const fresh = (name: string) => ({ name, open: new Set<string>(), limits: new Map<string, number>() });

/** What a search and the groups of its runs have in common. */
export const scopeOf = ({ experimentIds, notebookPath, parentRunId, filter, lifecycle }: RunSearch) => ({
  experimentIds,
  notebookPath,
  parentRunId,
  filter,
  lifecycle,
});

export interface MetricFacts {
  count: number;
  mean: number;
  min: number;
  max: number;
  std: number | null;
}

/** Of all runs that match, on all pages. */
export function useMetricFacts(search: RunSearch, metrics: readonly string[]): ReadonlyMap<string, MetricFacts> {
  const client = useClient();
  const asked = [...metrics].slice(0, MOST_METRICS);
  const input = { ...scopeOf(search), by: ['attributes.experiment'], metrics: asked, limit: 1 };
  const { data } = useQuery({
    queryKey: ['runs', 'facts', input],
    enabled: asked.length > 0,
    staleTime: 10_000,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => client.tracking.runs.groups(input, { signal }),
  });
  return useMemo(() => {
    const facts = new Map<string, MetricFacts>();
    for (const [key, { count, mean, min, max, std }] of Object.entries(data?.groups[0]?.metrics ?? {})) {
      if (mean === null || min === null || max === null) continue;
      facts.set(key, { count, mean: fromWire(mean), min: fromWire(min), max: fromWire(max), std: std === null ? null : fromWire(std) });
    }
    return facts;
  }, [data]);
}
