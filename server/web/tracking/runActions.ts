/** What can be done to runs, the same from a row, a menu, a key or a page. Each says what went wrong; a delete can be taken back. */
import type { Run } from '@cellkeep/schema/tracking';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import { useHost, useTranslate } from '../host.ts';
import { putRun } from '../live/cache.ts';
import { useClient } from '../live/shared.ts';
import { errorText } from '../look/states.tsx';

export interface Undo {
  message: string;
  back: () => void;
}

export interface RunActions {
  rename(run: Pick<Run, 'id' | 'name'>, name: string): Promise<void>;
  setNotes(id: string, notes: string): Promise<boolean>;
  tag(ids: readonly string[], key: string, value: string): Promise<boolean>;
  untag(id: string, key: string): Promise<void>;
  stop(run: Pick<Run, 'id' | 'name'>): Promise<void>;
  delete(ids: readonly string[]): Promise<void>;
  restore(ids: readonly string[]): Promise<void>;
  /** What the last delete offers to take back. */
  undo: Undo | null;
  forgetUndo(): void;
}

export function useRunActions(): RunActions {
  const client = useClient();
  const cache = useQueryClient();
  const host = useHost();
  const t = useTranslate();
  const [undo, setUndo] = useState<Undo | null>(null);

  const attempt = useCallback(
    async (work: () => Promise<void>): Promise<boolean> => {
      try {
        await work();
        return true;
      } catch (error) {
        host.notify(errorText(error, t), 'error');
        return false;
      }
    },
    [host, t],
  );

  return useMemo(() => {
    const { runs } = client.tracking;
    const listsChanged = () => cache.invalidateQueries({ queryKey: ['runs'] });
    const update = async (input: Parameters<typeof runs.update>[0]) => putRun(cache, await runs.update(input));
    const refetchRuns = async (ids: readonly string[]) => {
      await Promise.all([listsChanged(), ...ids.map((id) => cache.invalidateQueries({ queryKey: ['run', id] }))]);
    };
    const restore = async (ids: readonly string[]) => {
      await attempt(async () => {
        await runs.restore({ ids: [...ids] });
        setUndo(null);
        await refetchRuns(ids);
      });
    };
    return {
      async rename({ id }, name) {
        await attempt(() => update({ id, name }));
      },
      setNotes: (id, notes) => attempt(() => update({ id, notes })),
      tag: (ids, key, value) =>
        attempt(async () => {
          for (const id of ids) await update({ id, setTags: { [key]: value } });
        }),
      async untag(id, key) {
        await attempt(() => update({ id, removeTags: [key] }));
      },
      async stop({ id, name }) {
        await attempt(async () => {
          if (await host.stopRun?.(id)) return;
          await update({ id, status: 'killed' });
          host.notify(t('{name} was ended on the server; a process that still logs it is not stopped by this.', { name }), 'info');
        });
      },
      async delete(ids) {
        await attempt(async () => {
          const { ids: deleted } = await runs.delete({ ids: [...ids] });
          setUndo({
            message: t(deleted.length === 1 ? '{n} run deleted' : '{n} runs deleted', { n: deleted.length }),
            back: () => void restore(deleted),
          });
          await refetchRuns(ids);
        });
      },
      restore,
      undo,
      forgetUndo: () => setUndo(null),
    };
  }, [attempt, cache, client, host, t, undo]);
}
