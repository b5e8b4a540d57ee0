/** Whether releases that are `starting` may begin: a question to what the hosts say of themselves. */
import type { Standing } from './moves.ts';

export interface HostSays {
  state: string;
  loaded: readonly string[];
  refused: Readonly<Record<string, string>>;
}

export type StartDecision = { releaseId: string; verdict: 'begin' } | { releaseId: string; verdict: 'fail'; reason: string };

/**
 * One that every ready host has loaded may begin; one that a host could not load has failed, whatever the others say: they would answer
 * differently from request to request. While no host is ready, all of them wait.
 * @param hosts those of which something was heard just now
 */
export function decideStarting(releases: readonly Pick<Standing, 'id' | 'number' | 'role'>[], hosts: readonly HostSays[]): StartDecision[] {
  const ready = hosts.filter(({ state }) => state === 'ready');
  const starting = releases.filter(({ role }) => role === 'starting').sort((a, b) => a.number - b.number);
  return starting.flatMap(({ id }): StartDecision[] => {
    const refusing = hosts.find(({ refused }) => Object.hasOwn(refused, id));
    if (refusing)
      return [{ releaseId: id, verdict: 'fail', reason: refusing.refused[id] || 'its host could not load it and did not say why' }];
    return ready.length > 0 && ready.every(({ loaded }) => loaded.includes(id)) ? [{ releaseId: id, verdict: 'begin' }] : [];
  });
}
