import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Sql } from 'postgres';
import { sealEvents } from '../core/sealEvents.ts';

/** ms between looks; half of it on average is how long a row stays unsealed. */
const INTERVAL = 2_000;

export interface Sealer {
  /** Seals what is left and ends. */
  stop: () => Promise<void>;
}

/** Seals in the background until it is stopped. Servers that share a database take turns. */
export function startSealer(sql: Sql, log: Logger): Sealer {
  const stopping = new AbortController();
  const sealAll = async () => {
    try {
      while ((await sealEvents(sql)) > 0);
    } catch (error) {
      log.warn({ err: error }, 'events could not be sealed; trying again');
    }
  };
  const run = async () => {
    while (!stopping.signal.aborted) {
      await sealAll();
      await sleep(INTERVAL, undefined, { ref: false, signal: stopping.signal }).catch(() => {}); // the loop sees the signal
    }
  };
  const running = run();
  return {
    stop: async () => {
      stopping.abort();
      await running;
      await sealAll();
    },
  };
}
