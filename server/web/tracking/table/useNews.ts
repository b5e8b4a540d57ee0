import type { LiveEvent } from '@cellkeep/schema/tracking';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useWatch } from '../../live/shared.ts';

/** Runs that began since the rows were read: they wait behind a number, so that nothing moves under the pointer. */
export function useNews(experimentId: string): { count: number; show: (page: HTMLElement | null) => void } {
  const cache = useQueryClient();
  const [news, setNews] = useState<ReadonlySet<string>>(new Set());
  useWatch({ experimentIds: [experimentId] }, (event: LiveEvent) => {
    if (event.type === 'run' && event.change === 'created' && event.run.experimentId === experimentId)
      setNews((before) => new Set(before).add(event.run.id));
  });
  return {
    count: news.size,
    show: (page) => {
      setNews(new Set());
      void cache.invalidateQueries({ queryKey: ['runs'] });
      void cache.invalidateQueries({ queryKey: ['keys'] });
      page?.querySelector('.ck-grid')?.scrollTo({ top: 0 });
    },
  };
}
