/** What can be done to experiments. Each says what went wrong; a delete can be taken back. */
import type { Experiment } from '@cellkeep/schema/tracking';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useHost, useTranslate } from '../../host.ts';
import { useClient } from '../../live/shared.ts';
import { errorText } from '../../look/states.tsx';
import type { Undo } from '../runActions.ts';

export interface ExperimentActions {
  /** Null where it was made; else why not. */
  create(name: string): Promise<string | null>;
  rename(experiment: Experiment, name: string): Promise<void>;
  describe(experiment: Experiment, description: string): Promise<void>;
  delete(experiment: Experiment): Promise<void>;
  restore(experiment: Experiment): Promise<void>;
  undo: Undo | null;
  forgetUndo(): void;
}

export function useExperimentActions(): ExperimentActions {
  const client = useClient();
  const cache = useQueryClient();
  const host = useHost();
  const t = useTranslate();
  const [undo, setUndo] = useState<Undo | null>(null);
  return useMemo(() => {
    const { experiments } = client.tracking;
    const attempt = async (work: () => Promise<unknown>): Promise<string | null> => {
      try {
        await work();
        await cache.invalidateQueries({ queryKey: ['experiments'] });
        return null;
      } catch (error) {
        return errorText(error, t);
      }
    };
    const orSay = async (work: () => Promise<unknown>) => {
      const failed = await attempt(work);
      if (failed) host.notify(failed, 'error');
      return failed === null;
    };
    const restore = async ({ id }: Pick<Experiment, 'id'>) => {
      if (await orSay(() => experiments.restore({ id }))) setUndo(null);
    };
    return {
      create: (name) =>
        attempt(async () => {
          const { id } = await experiments.create({ name });
          host.navigate({ view: 'experiment', id });
        }),
      async rename({ id }, name) {
        await orSay(() => experiments.update({ id, name }));
      },
      async describe({ id }, description) {
        await orSay(() => experiments.update({ id, description }));
      },
      async delete({ id, name, runCount }) {
        if (!(await orSay(() => experiments.delete({ id })))) return;
        const message = runCount > 0 ? t('{name} and its {n} runs deleted', { name, n: runCount }) : t('{name} deleted', { name });
        setUndo({ message, back: () => void restore({ id }) });
      },
      restore,
      undo,
      forgetUndo: () => setUndo(null),
    };
  }, [client, cache, host, t, undo]);
}
