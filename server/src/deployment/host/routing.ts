/** Which release answers a request: the one whose header it carries, else by the shares of the traffic. */
import type { Release } from '@cellkeep/schema/deployment';

export interface Routed {
  number: number;
  role: Release['role'];
  weight: number;
  header: Release['header'];
}

export interface Routes<T extends Routed> {
  /** @param share in [0, 1): the same leads to the same release while shares stay */
  byShare: (share: number) => T | null;
  byHeader: readonly { name: string; value: string; release: T }[];
  shadows: readonly T[];
}

/** @param releases those that are loaded */
export function routesOf<T extends Routed>(releases: readonly T[]): Routes<T> {
  // Canaries at the end, the newest last: one whose share grows keeps whom it has and takes more beside them.
  const taking = releases
    .filter(({ role, weight }) => (role === 'live' || role === 'canary') && weight > 0)
    .sort((a, b) => Number(a.role === 'canary') - Number(b.role === 'canary') || a.number - b.number);
  const total = taking.reduce((sum, { weight }) => sum + weight, 0);
  const byHeader = releases.flatMap((release) =>
    release.header && (release.role === 'live' || release.role === 'canary') ? [{ ...release.header, release }] : [],
  );
  return {
    byHeader,
    shadows: releases.filter(({ role }) => role === 'shadow'),
    byShare(share) {
      let left = share * total;
      for (const release of taking) {
        left -= release.weight;
        if (left < 0) return release;
      }
      return taking.at(-1) ?? null;
    },
  };
}

/** FNV-1a of 32 bits, mixed once more so that like keys lie apart; as a share. */
export function shareOfKey(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
