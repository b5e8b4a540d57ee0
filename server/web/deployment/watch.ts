/**
 * What this room hears of the server while a view of it is open. Promotions are put where they stand, because their steps come fast; an
 * endpoint is asked for again, because one change of it is told as several events.
 */
import type { Endpoint, Promotion } from '@cellkeep/schema/deployment';
import type { LiveEvent } from '@cellkeep/schema/tracking';
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useWatch } from '../live/shared.ts';
import { deploymentKeys } from './queries.ts';

const GATHER = 150; // ms; a roll-out is told as a release, its hosts and its endpoint at once
const WATCHED = { deployment: true } as const;

export function useDeploymentWatch(): void {
  const cache = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(() => () => clearTimeout(timer.current ?? undefined), []);
  useWatch(WATCHED, (event: LiveEvent) => {
    if (event.type === 'promotion') putPromotion(cache, event.promotion);
    else if (event.type === 'endpoint') putEndpoint(cache, event.endpoint);
    if (!['endpoint', 'release', 'host', 'promotion'].includes(event.type) || timer.current) return;
    timer.current = setTimeout(() => {
      timer.current = null;
      void cache.invalidateQueries({ queryKey: deploymentKeys.endpoints });
      void cache.invalidateQueries({ queryKey: ['deployment', 'endpoint'] });
    }, GATHER);
  });
}

export function putPromotion(cache: QueryClient, promotion: Promotion): void {
  const known = cache.getQueryData<Promotion>(deploymentKeys.promotion(promotion.id));
  cache.setQueryData(deploymentKeys.promotion(promotion.id), promotion);
  let isListed = false;
  cache.setQueriesData<{ promotions: Promotion[]; nextCursor: string | null }>({ queryKey: deploymentKeys.promotions }, (list) => {
    const at = list?.promotions.findIndex(({ id }) => id === promotion.id) ?? -1;
    if (!list || at < 0) return list;
    isListed = true;
    return { ...list, promotions: list.promotions.with(at, promotion) };
  });
  if (!isListed || known?.status !== promotion.status) void cache.invalidateQueries({ queryKey: deploymentKeys.promotions });
}

export function putEndpoint(cache: QueryClient, endpoint: Endpoint): void {
  cache.setQueryData(deploymentKeys.endpoint(endpoint.name), endpoint);
  cache.setQueriesData<{ pages: { endpoints: Endpoint[] }[]; pageParams: unknown[] }>({ queryKey: deploymentKeys.endpoints }, (data) => {
    if (!data?.pages.some((page) => page.endpoints.some(({ id }) => id === endpoint.id))) return data;
    const replace = (one: Endpoint) => (one.id === endpoint.id ? endpoint : one);
    return { ...data, pages: data.pages.map((page) => ({ ...page, endpoints: page.endpoints.map(replace) })) };
  });
}
