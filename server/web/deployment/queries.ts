/** What the views of this room ask the server, each under one key, so that the sidebar and a page beside it share one answer. */
import type { Endpoint, Promotion, Release } from '@cellkeep/schema/deployment';
import { keepPreviousData, useInfiniteQuery, useQueries, useQuery } from '@tanstack/react-query';
import { useClient } from '../live/shared.ts';
import { fillSlots, type Slot } from './traffic/slots.ts';
import { usePageVisible } from './usePageVisible.ts';

export const useDeploymentClient = () => useClient().deployment;

export const deploymentKeys = {
  all: ['deployment'] as const,
  endpoints: ['deployment', 'endpoints'] as const,
  endpointList: (of: object) => ['deployment', 'endpoints', of] as const,
  endpoint: (name: string) => ['deployment', 'endpoint', name] as const,
  traffic: (name: string, of: object) => ['deployment', 'traffic', name, of] as const,
  drift: (name: string, of: object) => ['deployment', 'drift', name, of] as const,
  shadow: (releaseId: string) => ['deployment', 'shadow', releaseId] as const,
  compare: (name: string, a: string, b: string) => ['deployment', 'compare', name, a, b] as const,
  logs: (name: string) => ['deployment', 'logs', name] as const,
  tokens: (name: string) => ['deployment', 'tokens', name] as const,
  promotions: ['deployment', 'promotions'] as const,
  promotionList: (of: object) => ['deployment', 'promotions', of] as const,
  promotion: (id: string) => ['deployment', 'promotion', id] as const,
  predictions: (name: string, of: object) => ['deployment', 'predictions', name, of] as const,
  prediction: (id: string) => ['deployment', 'prediction', id] as const,
  details: (model: string, version: number) => ['deployment', 'details', model, version] as const,
  example: (name: string) => ['deployment', 'example', name] as const,
  batches: (modelName: string) => ['deployment', 'batches', modelName] as const,
  ray: (name: string) => ['deployment', 'ray', name] as const,
};

export interface EndpointsOf {
  text?: string;
  notebookPath?: string;
  modelName?: string;
}

export function useEndpoints(of: EndpointsOf, enabled = true) {
  const { endpoints } = useDeploymentClient();
  return useInfiniteQuery({
    queryKey: deploymentKeys.endpointList(of),
    enabled,
    initialPageParam: undefined as string | undefined,
    placeholderData: keepPreviousData,
    queryFn: ({ pageParam, signal }) => endpoints.list({ ...of, limit: 100, cursor: pageParam }, { signal }),
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
}

export function useEndpoint(name: string | null) {
  const { endpoints } = useDeploymentClient();
  return useQuery({
    queryKey: deploymentKeys.endpoint(name ?? ''),
    enabled: name !== null,
    queryFn: ({ signal }) => endpoints.get({ name: name as string }, { signal }),
  });
}

/** ms between two looks at what no event tells: counters move with every request. */
export const TRAFFIC_EVERY = 2_000;

export interface TrafficOf {
  /** ms until now. */
  span: number;
  points: number;
  releaseId?: string;
}

/** Traffic of the last `span`, asked again while the page is seen; `isShown` false: nobody looks at it. */
export function useTraffic(name: string, { span, points, releaseId }: TrafficOf, isShown = true) {
  const { endpoints } = useDeploymentClient();
  const isSeen = usePageVisible();
  return useQuery({
    queryKey: deploymentKeys.traffic(name, { span, points, releaseId }),
    enabled: isShown,
    placeholderData: keepPreviousData,
    refetchInterval: isShown && isSeen ? TRAFFIC_EVERY : false,
    queryFn: ({ signal }) => readSlots(endpoints, name, { span, points, releaseId }, signal),
  });
}

async function readSlots(
  endpoints: ReturnType<typeof useDeploymentClient>['endpoints'],
  name: string,
  { span, points, releaseId }: TrafficOf,
  signal: AbortSignal,
): Promise<Slot[]> {
  const to = Date.now();
  return fillSlots(await endpoints.traffic({ name, from: to - span, points, releaseId }, { signal }), to - span, to);
}

/** The same of several endpoints or releases. */
export function useTraffics(
  of: readonly { name: string; releaseId?: string }[],
  { span, points }: Omit<TrafficOf, 'releaseId'>,
  isShown = true,
) {
  const { endpoints } = useDeploymentClient();
  const isSeen = usePageVisible();
  return useQueries({
    queries: of.map(({ name, releaseId }) => ({
      queryKey: deploymentKeys.traffic(name, { span, points, releaseId }),
      enabled: isShown,
      placeholderData: keepPreviousData,
      refetchInterval: isShown && isSeen ? TRAFFIC_EVERY : (false as const),
      queryFn: ({ signal }: { signal: AbortSignal }) => readSlots(endpoints, name, { span, points, releaseId }, signal),
    })),
    combine: (answers) => answers.map(({ data, error }) => ({ data, error })),
  });
}

export function usePromotions(of: { notebookPath?: string; endpoint?: string }, enabled = true) {
  const { promotions } = useDeploymentClient();
  return useQuery({
    queryKey: deploymentKeys.promotionList(of),
    enabled,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => promotions.list({ ...of, limit: 20 }, { signal }),
  });
}

/** @param isAwaited the kernel was asked for it: that the server does not know it yet is no error, and is asked again */
export function usePromotion(id: string | null, isAwaited = false) {
  const { promotions } = useDeploymentClient();
  return useQuery({
    queryKey: deploymentKeys.promotion(id ?? ''),
    enabled: id !== null,
    queryFn: ({ signal }) => promotions.get({ id: id as string }, { signal }),
    refetchInterval: ({ state }) => (isAwaited && !state.data ? 1_000 : state.data && isUnderWay(state.data) ? 2_000 : false),
  });
}

/** A version with its bundle: signature, example, what it was made from. Never changes but for its endpoints. */
export function useVersionDetails(of: Pick<Release, 'modelName' | 'version'> | null) {
  const client = useClient();
  return useQuery({
    queryKey: deploymentKeys.details(of?.modelName ?? '', of?.version ?? 0),
    enabled: of !== null,
    staleTime: 60_000,
    queryFn: ({ signal }) => client.registry.details.get({ name: of?.modelName ?? '', version: of?.version ?? 0 }, { signal }),
  });
}

export const isUnderWay = ({ status }: Promotion): boolean => status === 'queued' || status === 'running';

/** Those that answer, the greatest share first. */
export function servingReleases({ releases }: Pick<Endpoint, 'releases'>): Release[] {
  return releases.filter(({ role }) => role === 'live' || role === 'canary').sort((a, b) => b.weight - a.weight);
}

/** The release that a person means who says "this endpoint": the live one with the greatest share, else the newest. */
export function mainRelease(endpoint: Pick<Endpoint, 'releases'>): Release | null {
  return servingReleases(endpoint)[0] ?? endpoint.releases.find(({ role }) => role === 'starting') ?? endpoint.releases[0] ?? null;
}

export function findEndpoints(pages: { pages: { endpoints: Endpoint[] }[] } | undefined): Endpoint[] {
  return (pages?.pages ?? []).flatMap(({ endpoints }) => endpoints);
}
