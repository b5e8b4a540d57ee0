import { type QueryKey, useQueryClient } from '@tanstack/react-query';
import { useHost, useTranslate } from '../host.ts';
import { errorText } from './states.tsx';

/**
 * Does it and asks again for what the room shows; what went wrong is said. Null: it went wrong.
 *
 * @param room begins the keys of everything that the room's views ask for
 */
export function useRoomAttempt(room: QueryKey): <T>(work: () => Promise<T>) => Promise<T | null> {
  const cache = useQueryClient();
  const host = useHost();
  const t = useTranslate();
  return async (work) => {
    try {
      const done = await work();
      void cache.invalidateQueries({ queryKey: room });
      return done;
    } catch (error) {
      host.notify(errorText(error, t), 'error');
      return null;
    }
  };
}
