/** Saved views of an experiment's table: one's own, and those that the team shares. */
import type { SavedView } from '@cellkeep/schema/collaboration';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { type User, useMe } from '../../access/queries.ts';
import { useHost, useTranslate } from '../../host.ts';
import { useClient } from '../../live/shared.ts';
import { errorText } from '../../look/states.tsx';

export type { SavedView };

export interface Views {
  all: readonly SavedView[];
  error: unknown;
  rightsOn(view: SavedView): ViewRights;
  /** Null: it failed, and was said. */
  create(name: string, state: string, shared: boolean): Promise<SavedView | null>;
  update(id: string, change: { name?: string; state?: string; shared?: boolean }): Promise<boolean>;
  delete(id: string): Promise<boolean>;
}

/** What the server lets this person do with a view. */
export interface ViewRights {
  /** Its name, and what it shows. */
  change: boolean;
  /** Share it, or take a shared one back. */
  share: boolean;
  delete: boolean;
}

/** What the team shares is changed by those who may write; who has become a viewer since takes their own back, and can change it then. */
export function rightsOn(view: Pick<SavedView, 'userId' | 'shared'>, user: Pick<User, 'id' | 'role'> | undefined): ViewRights {
  const isTheirs = user !== undefined && (view.userId === user.id || user.role === 'owner');
  const mayWrite = isTheirs && user.role !== 'viewer';
  return { change: view.shared ? mayWrite : isTheirs, share: view.shared ? isTheirs : mayWrite, delete: isTheirs };
}

const MOST = 1_000; // views; who keeps more finds none of them
const NONE: readonly SavedView[] = [];

export function useViews(experimentId: string, enabled: boolean): Views {
  const client = useClient();
  const cache = useQueryClient();
  const host = useHost();
  const t = useTranslate();
  const me = useMe();
  const answer = useQuery({
    queryKey: ['views', experimentId],
    enabled,
    queryFn: async ({ signal }) => (await client.collaboration.views.list({ experimentId, limit: MOST }, { signal })).views,
  });
  const user = me.data?.user;
  return useMemo(() => {
    const { views } = client.collaboration;
    const attempt = async <T>(work: () => Promise<T>): Promise<T | null> => {
      try {
        const done = await work();
        await cache.invalidateQueries({ queryKey: ['views'] });
        return done;
      } catch (error) {
        host.notify(errorText(error, t), 'error');
        return null;
      }
    };
    return {
      all: answer.data ?? NONE,
      error: answer.error,
      rightsOn: (view) => rightsOn(view, user),
      create: (name, state, shared) => attempt(() => views.create({ name, state, shared, experimentId })),
      update: async (id, change) => (await attempt(() => views.update({ id, ...change }))) !== null,
      delete: async (id) => (await attempt(() => views.delete({ id }))) !== null,
    };
  }, [answer.data, answer.error, cache, client, experimentId, host, t, user]);
}
