/** What can be done to many runs at once, by their ids or to all that match; each but a restore can be taken back. */
import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useHost, useTranslate } from '../../host.ts';
import { useClient } from '../../live/shared.ts';
import { groupThousands } from '../../look/format.ts';
import { errorText } from '../../look/states.tsx';
import type { RunSearch } from '../queries.ts';
import type { Undo } from '../runActions.ts';
import { scopeOf } from './useGroups.ts';

/** `total`: how many `matching` finds; where it is another number by then, nothing is changed. */
export type Choice = { ids: readonly string[] } | { matching: RunSearch; total: number };

export interface BulkActions {
  /** False: it failed, and was said. */
  tag(choice: Choice, key: string, value: string): Promise<boolean>;
  archive(choice: Choice): Promise<boolean>;
  unarchive(choice: Choice): Promise<boolean>;
  delete(choice: Choice): Promise<boolean>;
  restore(choice: Choice): Promise<boolean>;
  isBusy: boolean;
  undo: Undo | null;
  forgetUndo(): void;
}

const AT_ONCE = 1_000; // runs that one request may name
const IN_FILTER = 200; // ids that a filter has room for

export function useBulkActions(): BulkActions {
  const client = useClient();
  const cache = useQueryClient();
  const host = useHost();
  const t = useTranslate();
  const [undo, setUndo] = useState<Undo | null>(null);
  const [isBusy, setBusy] = useState(false);

  const actions = useMemo(() => {
    const { runs } = client.tracking;
    const attempt = async (work: () => Promise<void>): Promise<boolean> => {
      setBusy(true);
      try {
        await work();
        return true;
      } catch (error) {
        host.notify(errorText(error, t), 'error');
        return false;
      } finally {
        setBusy(false);
        await Promise.all(['runs', 'run', 'keys'].map((queryKey) => cache.invalidateQueries({ queryKey: [queryKey] })));
      }
    };
    const said = (n: number, one: string, many: string) => t(n === 1 ? one : many, { n: groupThousands(n) });
    /** Takes as many ids as there are, a thousand a request. */
    const inParts = async (ids: readonly string[], change: (part: { ids: string[] }) => Promise<{ ids: string[] }>) => {
      const changed: string[] = [];
      for (let at = 0; at < ids.length; at += AT_ONCE) changed.push(...(await change({ ids: ids.slice(at, at + AT_ONCE) })).ids);
      return changed;
    };
    const change = async (choice: Choice, work: (part: Parameters<typeof runs.archive>[0]) => Promise<{ ids: string[] }>) => {
      if ('ids' in choice) return inParts(choice.ids, work);
      return (await work({ matching: { ...scopeOf(choice.matching), expect: choice.total } })).ids;
    };
    /** For what the server does by ids alone. */
    const idsOf = async (choice: Choice): Promise<readonly string[]> => {
      if ('ids' in choice) return choice.ids;
      const ids: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await runs.search({ ...choice.matching, limit: AT_ONCE, cursor, metrics: [], params: [], tags: [], details: false });
        ids.push(...page.runs.map(({ id }) => id));
        cursor = page.nextCursor ?? undefined;
      } while (cursor);
      return ids;
    };
    const takeBack = (message: string, back: () => Promise<void>) =>
      setUndo({
        message,
        back: () => {
          setUndo(null);
          void attempt(back);
        },
      });
    return {
      archive: (choice: Choice) =>
        attempt(async () => {
          const ids = await change(choice, runs.archive);
          takeBack(said(ids.length, '{n} run archived', '{n} runs archived'), async () => {
            await inParts(ids, runs.unarchive);
          });
        }),
      unarchive: (choice: Choice) =>
        attempt(async () => {
          const ids = await change(choice, runs.unarchive);
          takeBack(said(ids.length, '{n} run is active again', '{n} runs are active again'), async () => {
            await inParts(ids, runs.archive);
          });
        }),
      delete: (choice: Choice) =>
        attempt(async () => {
          const ids = await inParts(await idsOf(choice), runs.delete);
          takeBack(said(ids.length, '{n} run deleted', '{n} runs deleted'), async () => {
            await inParts(ids, runs.restore);
          });
        }),
      restore: (choice: Choice) =>
        attempt(async () => {
          await inParts(await idsOf(choice), runs.restore);
        }),
      tag: (choice: Choice, key: string, value: string) =>
        attempt(async () => {
          // What the tag said before, so that it can say it again.
          const before = new Map<string, string[]>();
          const ids = await idsOf(choice);
          for (let at = 0; at < ids.length; at += IN_FILTER) {
            const some = ids.slice(at, at + IN_FILTER);
            const filter = `run_id in (${some.map((id) => `'${id}'`).join(', ')})`;
            const page = await runs.search({
              filter,
              lifecycle: 'all',
              limit: AT_ONCE,
              tags: [key],
              metrics: [],
              params: [],
              details: false,
            });
            for (const run of page.runs) {
              const had = Object.hasOwn(run.tags, key) ? `=${run.tags[key]}` : '';
              if (had !== `=${value}`) before.set(had, [...(before.get(had) ?? []), run.id]);
            }
          }
          const changed = await inParts(ids, (part) => runs.tag({ ...part, setTags: { [key]: value } }));
          takeBack(said(changed.length, '{n} run tagged', '{n} runs tagged'), async () => {
            for (const [had, those] of before) {
              const tags = had === '' ? { removeTags: [key] } : { setTags: { [key]: had.slice(1) } };
              await inParts(those, (part) => runs.tag({ ...part, ...tags }));
            }
          });
        }),
    };
  }, [cache, client, host, t]);
  return useMemo(() => ({ ...actions, isBusy, undo, forgetUndo: () => setUndo(null) }), [actions, isBusy, undo]);
}
