/** Settings that a host reads when it starts and holds until it ends; all others it takes as they change. */
import type { EndpointSettings } from '@cellkeep/schema/deployment';
import type { Slot } from './slot.ts';

export function startSettings({ workers, memoryMiB }: EndpointSettings): string {
  return JSON.stringify({ workers, memoryMiB });
}

type Known = Pick<Slot, 'state' | 'startedAt' | 'startedWith'>;

/**
 * What is to be done so that all hosts have the settings of now: one more is started beside those of before, and one of those leaves once
 * it is ready, until none is left. While the new one does not become ready, those of before go on.
 * @param own hosts that are not leaving, of which `replicas` are wanted
 */
export function rollOn<T extends Known>(own: readonly T[], replicas: number, now: string): { leaves: T | null; starts: boolean } {
  const before = own.filter(({ startedWith }) => startedWith !== now);
  const isWaiting = own.some(({ startedWith, state }) => startedWith === now && state !== 'ready');
  if (before.length === 0 || isWaiting) return { leaves: null, starts: false };
  if (own.length <= replicas) return { leaves: null, starts: true };
  // Those that do not answer first: it costs nothing.
  const order = before.toSorted((a, b) => Number(a.state === 'ready') - Number(b.state === 'ready') || a.startedAt - b.startedAt);
  return { leaves: order[0] ?? null, starts: false };
}
