/**
 * Asks one version, whether it serves or not: for batches, evaluations, explanations and replays. The model runs in a child process, which
 * is kept for a while and ended when nobody asks.
 */
import type { Explanation } from '@cellkeep/schema/deployment';
import type { Issue } from '@cellkeep/schema/wire';
import { ModelFailure } from '../host/model.ts';

export interface ScoredRows {
  columns: string[];
  data: unknown[][];
}

export interface Scorer {
  /** @returns the outputs of the signature and, for classifiers, a column `score:<class>` for each class */
  predict: (rows: ScoredRows, signal?: AbortSignal) => Promise<ScoredRows & { latencyUs: number }>;
  explain: (rows: ScoredRows, row: number, output?: string) => Promise<Explanation>;
}

/** Rows that do not fit the signature; `issues` name each value, as `data[3].carrier`, the first twenty. */
export class RowsRefused extends ModelFailure {
  override name = 'RowsRefused';
  readonly issues: Issue[];

  constructor(message: string, issues: Issue[]) {
    super(message);
    this.issues = issues;
  }
}

/**
 * Gives `use` a scorer of the model, and keeps it from being ended meanwhile.
 * Rejects with a ModelFailure (`isGone`: its process is, another is started for who asks again), RowsRefused, or CannotExplain.
 */
export type WithScorer = <T>(loggedModelId: string, use: (scorer: Scorer) => Promise<T>) => Promise<T>;
