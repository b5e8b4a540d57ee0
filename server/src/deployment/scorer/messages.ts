/** What server and scorer tell each other, over Node's channel between processes. */
import type { Explanation } from '@cellkeep/schema/deployment';
import type { Bundle } from '@cellkeep/schema/registry';
import type { Issue } from '@cellkeep/schema/wire';
import type { ScoredRows } from './scorer.ts';

export interface ScorerTask {
  bundle: Bundle;
  /** Of the model's files. */
  folder: string;
  /** Interpreter with the package cellkeep; empty: none, or none may run. */
  python: string;
  memoryMiB: number;
  /** ms that one question may take */
  timeLimit: number;
  /** Folder for environments and scratch. */
  cache: string;
}

export type ToScorer =
  | { kind: 'load'; task: ScorerTask }
  | { kind: 'predict'; id: number; rows: ScoredRows }
  | { kind: 'explain'; id: number; rows: ScoredRows; row: number; output?: string };

export interface ToldError {
  name: 'ModelFailure' | 'CannotExplain' | 'RowsRefused' | 'Error';
  message: string;
  isGone: boolean;
  issues: Issue[];
}

export type FromScorer =
  | { kind: 'ready' }
  | { kind: 'refused'; error: ToldError }
  | { kind: 'predicted'; id: number; answer: ScoredRows & { latencyUs: number } }
  | { kind: 'explained'; id: number; explanation: Explanation }
  | { kind: 'failed'; id: number; error: ToldError }
  | { kind: 'line'; line: string; stream: 'out' | 'err' | 'host' };
