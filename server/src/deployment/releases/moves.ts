/**
 * Every move of the traffic, as a pure function from the releases of an endpoint to what they are afterwards. What always holds: the
 * weights of those that take traffic sum to 1 as soon as one is live; one canary at a time; whoever takes all of the traffic leaves the
 * former ones in standby, with the weights that they had.
 */
import type { CanaryPlan, CanaryState, Release } from '@cellkeep/schema/deployment';

export interface Standing {
  id: string;
  number: number;
  how: 'replace' | 'canary' | 'shadow' | 'beside';
  role: Release['role'];
  weight: number;
  weightBefore: number | null;
  plan: CanaryPlan | null;
  canary: CanaryState | null;
  message: string;
  liveAt: number | null;
  retiredAt: number | null;
}

/** Loaded by hosts. */
export const isActive = ({ role }: Pick<Standing, 'role'>): boolean => role !== 'retired' && role !== 'failed';

/** Releases that answer requests by their weight. */
export const inTraffic = <R extends Pick<Standing, 'role' | 'weight'>>(releases: readonly R[]): R[] =>
  releases.filter(({ role, weight }) => (role === 'live' || role === 'canary') && weight > 0);

const liveOnes = (releases: readonly Standing[]) => releases.filter(({ role, weight }) => role === 'live' && weight > 0);

export const currentCanary = <R extends Pick<Standing, 'role'>>(releases: readonly R[]): R | undefined =>
  releases.find(({ role }) => role === 'canary');

/** A release whose model every host has loaded begins to do what it was made for. */
export function activate(releases: readonly Standing[], id: string, at: number): Standing[] {
  const own = releases.find((release) => release.id === id);
  if (!own) return [...releases];
  const later = own.how === 'replace' ? liveOnes(releases).find(({ number }) => number > own.number) : undefined;
  if (later) return change(releases, id, () => retired(own, at, `release ${later.number} was made after it and is live already`));
  if (own.how === 'shadow') return change(releases, id, () => ({ ...own, role: 'shadow', weight: 0, liveAt: at, message: '' }));
  if (own.how === 'replace' || inTraffic(releases).length === 0) return takeAll(releases, id, at);
  if (own.how === 'beside') return change(releases, id, () => ({ ...own, role: 'live', weight: 0, liveAt: at, message: '' }));
  return beginCanary(releases, own, at);
}

/** One takes all the traffic: those that had it stand by, and what a canary or an earlier standby was is over. */
export function takeAll(releases: readonly Standing[], id: string, at: number): Standing[] {
  const own = releases.find((release) => release.id === id);
  const before = liveOnes(releases).filter((release) => release.id !== id);
  const shares = wholeShares(before.map(({ weight }) => weight));
  return releases.map((release) => {
    if (release.id === id) {
      const canary = release.canary && { ...release.canary, verdict: 'done' as const };
      return { ...release, role: 'live', weight: 1, weightBefore: null, canary, liveAt: release.liveAt ?? at, message: '' };
    }
    const place = before.indexOf(release);
    if (place >= 0) return { ...release, role: 'standby', weight: 0, weightBefore: shares[place] ?? 1 };
    if (release.role === 'canary') return rolledBack(release, at, `release ${own?.number ?? ''} took all the traffic`);
    return release.role === 'standby' && before.length > 0 ? retired(release, at, release.message) : release;
  });
}

function beginCanary(releases: readonly Standing[], own: Standing, at: number): Standing[] {
  const ended = releases.map((release) =>
    release.role === 'canary' ? rolledBack(release, at, `release ${own.number} became the canary`) : release,
  );
  return stepCanary(ended, own.id, 0, at);
}

/** To a step of its plan; at a share of 1 there is nothing left to compare it with, and it is done. */
export function stepCanary(releases: readonly Standing[], id: string, step: number, at: number): Standing[] {
  const own = releases.find((release) => release.id === id);
  const share = own?.plan?.steps[step] ?? 1;
  const canary: CanaryState = { step, stepStartedAt: at, verdict: 'waiting', reason: '' };
  const stepped = change(releases, id, (release) => ({ ...release, canary, liveAt: release.liveAt ?? at }));
  if (share >= 1) return takeAll(stepped, id, at);
  const asCanary = change(stepped, id, (release) => ({ ...release, role: 'canary', weight: share, message: '' }));
  return shareOut(asCanary, 1 - share);
}

/** Out of the traffic, and never in again; the live ones have all of it, in the shares that they have among each other. */
export function endCanary(releases: readonly Standing[], id: string, at: number, reason: string): Standing[] {
  return shareOut(
    change(releases, id, (release) => rolledBack(release, at, reason)),
    1,
  );
}

/**
 * A canary goes; where there is none, the live ones give way to those that they took the traffic from.
 * @returns null where neither is there
 */
export function rollBack(releases: readonly Standing[], at: number, reason: string): Standing[] | null {
  const canary = currentCanary(releases);
  if (canary) return endCanary(releases, canary.id, at, reason);
  if (!releases.some(({ role }) => role === 'standby')) return null;
  const swapped = releases.map((release): Standing => {
    if (release.role === 'standby') {
      return { ...release, role: 'live', weight: release.weightBefore ?? 0, weightBefore: null, liveAt: at, message: '' };
    }
    return release.role === 'live' && release.weight > 0 ? retired(release, at, reason) : release;
  });
  return shareOut(swapped, 1); // one that stood by may have been retired
}

/** Shares that somebody chose: a canary that is named has them for good, one that is not gets no requests. */
export function setWeights(releases: readonly Standing[], weights: ReadonlyMap<string, number>, at: number): Standing[] {
  const sum = [...weights.values()].reduce((total, weight) => total + weight, 0);
  return releases.map((release) => {
    const weight = (weights.get(release.id) ?? 0) / sum;
    const isNamed = weights.has(release.id);
    if (release.role === 'standby' && !isNamed) return release;
    if (!['live', 'canary', 'standby'].includes(release.role)) return release;
    const canary = release.role === 'canary' && release.canary ? { ...release.canary, verdict: 'done' as const } : release.canary;
    return { ...release, role: 'live', weight, weightBefore: null, canary, liveAt: release.liveAt ?? at, message: '' };
  });
}

/** The others share what it had. Whoever calls this has looked that others are there. */
export function retire(releases: readonly Standing[], id: string, at: number, message: string): Standing[] {
  const own = releases.find((release) => release.id === id);
  if (own?.role === 'canary') return endCanary(releases, id, at, message);
  const out = change(releases, id, (release) => retired(release, at, message));
  return own && own.role === 'live' && own.weight > 0 ? shareOut(out, 1 - (currentCanary(out)?.weight ?? 0)) : out;
}

/** What the live ones have together becomes `total`; among each other they keep their shares. */
function shareOut(releases: readonly Standing[], total: number): Standing[] {
  const live = liveOnes(releases);
  const shares = wholeShares(live.map(({ weight }) => weight));
  return releases.map((release) => {
    const place = live.indexOf(release);
    return place < 0 ? release : { ...release, weight: (shares[place] ?? 0) * total };
  });
}

function wholeShares(weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

const retired = (release: Standing, at: number, message: string): Standing => ({
  ...release,
  ...{ role: 'retired', weight: 0, weightBefore: null, retiredAt: at, message },
});

function rolledBack(release: Standing, at: number, reason: string): Standing {
  const canary = release.canary && { ...release.canary, verdict: 'rolled-back' as const, reason: reason.slice(0, 1_000) };
  return { ...retired(release, at, reason), canary };
}

function change(releases: readonly Standing[], id: string, to: (release: Standing) => Standing): Standing[] {
  return releases.map((release) => (release.id === id ? to(release) : release));
}
