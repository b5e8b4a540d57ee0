/** What nobody uses any more is removed: now, and once a day. One thing that cannot be removed leaves the others to be. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';

const DAY = 86_400_000; // ms

export interface Sweep {
  /** "models that nobody uses" */
  what: string;
  /** @returns what was removed; empty: nothing, and nothing is said */
  sweep: (signal: AbortSignal) => Promise<Record<string, number>>;
}

export function startSweeping(log: Pick<Logger, 'info' | 'warn'>, sweeps: readonly Sweep[]): { stop: () => Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const one = async ({ what, sweep }: Sweep) => {
    try {
      const swept = await sweep(signal);
      if (Object.values(swept).some((count) => count > 0)) log.info(swept, `${what} were removed`);
    } catch (error) {
      if (!signal.aborted) log.warn({ err: error }, `${what} could not be removed; trying again in a day`);
    }
  };
  const loop = async () => {
    while (!signal.aborted) {
      for (const next of sweeps) if (!signal.aborted) await one(next);
      await sleep(DAY, undefined, { ref: false, signal }).catch(() => {}); // stopped
    }
  };
  const running = loop();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
