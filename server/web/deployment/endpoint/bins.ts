/** What the bins of a baseline are called. */
import type { ColumnBaseline } from '@cellkeep/schema/registry';
import { formatNumber } from '../../look/format.ts';

/** `< 3`, `3 … 7`, `≥ 7`; of categories their values, then `other`. @param n of bins that are counted */
export function binNames(baseline: Pick<ColumnBaseline, 'edges' | 'values'> | null, n: number): string[] {
  if (!baseline) return Array.from({ length: n }, (_, i) => `bin ${i + 1}`);
  const { edges, values } = baseline;
  if (values.length > 0) return Array.from({ length: n }, (_, i) => values[i] ?? 'other');
  return Array.from({ length: n }, (_, i) => {
    const [from, to] = [edges[i - 1], edges[i]];
    if (from === undefined) return to === undefined ? 'all' : `< ${formatNumber(to)}`;
    return to === undefined ? `≥ ${formatNumber(from)}` : `${formatNumber(from)} … ${formatNumber(to)}`;
  });
}

/** Counts as shares of their sum; of nothing all are 0. */
export function shares(counts: readonly number[]): number[] {
  const sum = counts.reduce((total, count) => total + count, 0);
  return counts.map((count) => (sum > 0 ? count / sum : 0));
}

export type DriftLevel = 'unknown' | 'same' | 'moved' | 'far';

/** Usual limits of the population stability index (Siddiqi, Credit Risk Scorecards, 2006): 0.1 and 0.25. */
export const levelOf = (psi: number | null): DriftLevel => (psi === null ? 'unknown' : psi < 0.1 ? 'same' : psi < 0.25 ? 'moved' : 'far');
