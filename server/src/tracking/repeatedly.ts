import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from '../core/plainError.ts';

/** Serialization failure and deadlock: the same transaction again succeeds, and nobody needs to hear of it. */
const AGAIN = new Set(['40001', '40P01']);
const TRIES = 4;

/** Does a transaction's work again where another one stood in its way. `work` must have no effect but its transaction. */
export async function repeatedly<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries === TRIES || !AGAIN.has(codeOf(error))) throw error;
      await sleep(Math.random() * 20 * tries);
    }
  }
}
