import { useQueryClient } from '@tanstack/react-query';
import { useHost, useTranslate } from '../host.ts';
import { errorText } from '../look/states.tsx';
import { deploymentKeys } from './queries.ts';

/** Does it and asks again for what this room shows; what went wrong is said. Null: it went wrong. */
export function useAttempt(): <T>(work: () => Promise<T>) => Promise<T | null> {
  const cache = useQueryClient();
  const host = useHost();
  const t = useTranslate();
  return async (work) => {
    try {
      const done = await work();
      void cache.invalidateQueries({ queryKey: deploymentKeys.all });
      return done;
    } catch (error) {
      host.notify(errorText(error, t), 'error');
      return null;
    }
  };
}
