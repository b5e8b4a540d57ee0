/** What the views of this room ask the server. */
import type { Role, Token, User } from '@cellkeep/schema/access';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useHost, useTranslate } from '../host.ts';
import { useClient } from '../live/shared.ts';
import { errorText } from '../look/states.tsx';

export function useMe() {
  const client = useClient();
  return useQuery({ queryKey: ['me'], queryFn: ({ signal }) => client.access.me(undefined, { signal }) });
}

/** A viewer has no buttons that the server would refuse; until it is known who looks, they are there. */
export const useMayWrite = (): boolean => useMe().data?.user.role !== 'viewer';

export function useTokens() {
  const client = useClient();
  return useQuery({ queryKey: ['tokens'], queryFn: async ({ signal }) => (await client.access.tokens.list(undefined, { signal })).tokens });
}

export function useUsers(enabled: boolean) {
  const client = useClient();
  return useQuery({
    queryKey: ['users'],
    enabled,
    queryFn: async ({ signal }) => (await client.access.users.list(undefined, { signal })).users,
  });
}

/** Does it and reads the list again; what went wrong is said. Null: it went wrong. */
export function useAttempt(): <T>(work: () => Promise<T>, changed: 'tokens' | 'users') => Promise<T | null> {
  const cache = useQueryClient();
  const host = useHost();
  const t = useTranslate();
  return async (work, changed) => {
    try {
      const done = await work();
      await cache.invalidateQueries({ queryKey: [changed] });
      await cache.invalidateQueries({ queryKey: ['events'] });
      return done;
    } catch (error) {
      host.notify(errorText(error, t), 'error');
      return null;
    }
  };
}

export type { Role, Token, User };
