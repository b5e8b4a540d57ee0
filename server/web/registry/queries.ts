/** What the views of this room ask the server, each under one key, and what they hear of it. */
import type { LiveEvent } from '@cellkeep/schema/tracking';
import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useClient, useShared, useWatch } from '../live/shared.ts';
import { useRoomAttempt } from '../look/useRoomAttempt.ts';

export const registryKeys = {
  all: ['registry'] as const,
  models: ['registry', 'models'] as const,
  model: (name: string) => ['registry', 'model', name] as const,
  /** Everything that belongs to one model. */
  within: (name: string, what: string, ...more: (string | number | boolean)[]) => ['registry', 'model', name, what, ...more] as const,
};

export function useModels(search: { text?: string; deleted: boolean }) {
  const client = useClient();
  return useInfiniteQuery({
    queryKey: [...registryKeys.models, search],
    initialPageParam: undefined as string | undefined,
    placeholderData: keepPreviousData,
    queryFn: ({ pageParam, signal }) => client.registry.details.models({ ...search, limit: 200, cursor: pageParam }, { signal }),
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
}

export function useModel(name: string) {
  const client = useClient();
  return useQuery({ queryKey: registryKeys.model(name), queryFn: ({ signal }) => client.registry.models.get({ name }, { signal }) });
}

export function useVersions(name: string, deleted: boolean) {
  const client = useClient();
  return useInfiniteQuery({
    queryKey: registryKeys.within(name, 'versions', deleted),
    initialPageParam: undefined as string | undefined,
    placeholderData: keepPreviousData,
    queryFn: ({ pageParam, signal }) => client.registry.details.list({ name, deleted, limit: 100, cursor: pageParam }, { signal }),
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
}

export function useVersion(name: string, version: number) {
  const client = useClient();
  return useQuery({
    queryKey: registryKeys.within(name, 'version', version),
    queryFn: ({ signal }) => client.registry.details.get({ name, version }, { signal }),
  });
}

/** @param version absent: of all versions, the newest first */
export function useEvaluations(name: string, version?: number) {
  const client = useClient();
  return useQuery({
    queryKey: registryKeys.within(name, 'evaluations', version ?? 'all'),
    queryFn: async ({ signal }) => (await client.registry.evaluations.list({ name, version, limit: 1_000 }, { signal })).evaluations,
  });
}

export function useSets(name: string) {
  const client = useClient();
  return useQuery({
    queryKey: registryKeys.within(name, 'sets'),
    queryFn: async ({ signal }) => (await client.registry.evaluationSets.list({ name }, { signal })).sets,
  });
}

export function useGate(name: string) {
  const client = useClient();
  return useQuery({
    queryKey: registryKeys.within(name, 'gate'),
    queryFn: ({ signal }) => client.registry.gates.get({ name }, { signal }),
  });
}

export function useGateCheck(name: string, version: number | null) {
  const client = useClient();
  return useQuery({
    queryKey: registryKeys.within(name, 'gate check', version ?? 0),
    enabled: version !== null,
    queryFn: ({ signal }) => client.registry.gates.check({ name, version: version ?? 0 }, { signal }),
  });
}

export function useApprovals(name: string) {
  const client = useClient();
  return useQuery({
    queryKey: registryKeys.within(name, 'approvals'),
    queryFn: async ({ signal }) => (await client.registry.approvals.list({ name, limit: 100 }, { signal })).approvals,
  });
}

export function useCard(name: string, version: number) {
  const client = useClient();
  return useQuery({
    queryKey: registryKeys.within(name, 'card', version),
    queryFn: ({ signal }) => client.registry.cards.get({ name, version }, { signal }),
  });
}

export function useDiff(name: string, a: number, b: number) {
  const client = useClient();
  return useQuery({
    queryKey: registryKeys.within(name, 'diff', a, b),
    queryFn: ({ signal }) => client.registry.details.diff({ name, a, b }, { signal }),
  });
}

export function useModelFiles(loggedModelId: string | null) {
  const client = useClient();
  return useQuery({
    queryKey: ['registry', 'files', loggedModelId],
    enabled: loggedModelId !== null,
    queryFn: async ({ signal }) => (await client.registry.modelFiles.list({ id: loggedModelId ?? '' }, { signal })).files,
  });
}

export const addressOfFile = (loggedModelId: string, path: string): string =>
  `api/2.0/mlflow/logged-models/${loggedModelId}/artifacts/files?artifact_file_path=${encodeURIComponent(path)}`;

export interface ExampleRows {
  columns: string[];
  data: unknown[][];
}

/** The rows that came with a version; null where there are none, or none that can be read. */
export function useExampleRows(loggedModelId: string | null, file: string | null) {
  const { connection } = useShared();
  return useQuery({
    queryKey: ['registry', 'example', loggedModelId, file],
    enabled: loggedModelId !== null && file !== null,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }): Promise<ExampleRows | null> => {
      const response = await connection.request(addressOfFile(loggedModelId ?? '', file ?? ''), { signal });
      if (!response.ok) throw new Error(`The server answered ${response.status}.`);
      const { columns, data } = (await response.json()) as Partial<ExampleRows>;
      return Array.isArray(columns) && Array.isArray(data) && data.every(Array.isArray) ? { columns, data } : null;
    },
  });
}

const GATHER = 150; // ms; one move is told as several changes
const WATCHED = { models: true, deployment: true } as const;

/** @param name of the model that is shown; absent: the list of all */
export function useModelWatch(name?: string): void {
  const cache = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(() => () => clearTimeout(timer.current ?? undefined), []);
  useWatch(WATCHED, (event: LiveEvent) => {
    const isNews = event.type === 'model' ? name === undefined || event.modelName === name : event.type === 'release';
    if (!isNews || timer.current) return;
    timer.current = setTimeout(() => {
      timer.current = null;
      void cache.invalidateQueries({ queryKey: name === undefined ? registryKeys.models : registryKeys.model(name) });
    }, GATHER);
  });
}

export const useAttempt = () => useRoomAttempt(registryKeys.all);
