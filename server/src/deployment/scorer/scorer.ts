/**
 * Asks one version, whether it serves or not: for batches, evaluations, explanations and replays. The model runs in a child process, which
 * is kept for a while and ended when nobody asks.
 */
import type { Explanation } from '@cellkeep/schema/deployment';

export interface ScoredRows {
  columns: string[];
  data: unknown[][];
}

export interface Scorer {
  /** @returns the outputs of the signature and, for classifiers, a column `score:<class>` for each class */
  predict: (rows: ScoredRows, signal?: AbortSignal) => Promise<ScoredRows & { latencyUs: number }>;
  explain: (rows: ScoredRows, row: number, output?: string) => Promise<Explanation>;
}

/** Gives `use` a scorer of the model, and keeps it from being ended meanwhile. */
export type WithScorer = <T>(loggedModelId: string, use: (scorer: Scorer) => Promise<T>) => Promise<T>;
