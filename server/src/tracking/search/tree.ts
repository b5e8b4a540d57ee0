/** What a filter says, with names resolved and values read: times in ms since the epoch, durations in seconds, statuses in lower case. */
import type { AttributeName } from './attributes.ts';
import type { Operator } from './tokens.ts';

/** What a series' summary says; `last` where none is named. */
export type Stat = 'last' | 'min' | 'max' | 'count';

export interface MetricField {
  of: 'metric';
  key: string;
  stat?: Stat;
  /** `metrics.loss.min` is a metric of that name or the least loss: resolve.ts asks which of them there is. */
  orElse?: { key: string; stat: Stat };
}

/** `context` is the tag with which a run says what it used the dataset for. */
export type DatasetPart = 'name' | 'digest' | 'context';

export type Field =
  | { of: 'attribute'; name: AttributeName }
  | MetricField
  | { of: 'param' | 'tag'; key: string }
  | { of: 'dataset'; name: DatasetPart };

export type Value = string | number;

/** The run whose params others are compared with: as it was written and, once resolve.ts has found it, what it has. */
export interface OtherRun {
  written: string;
  /** Index in the filter. */
  at: number;
  params?: Record<string, string>;
}

export type Leaf =
  | { is: 'compare'; field: Field; operator: Operator; value: Value }
  | { is: 'like'; field: Field; pattern: string; anyCase: boolean; negated: boolean }
  | { is: 'in'; field: Field; values: Value[]; negated: boolean }
  | { is: 'null'; field: Field; negated: boolean }
  /** In the name or the notes, as it is written. */
  | { is: 'text'; text: string }
  /** Each of the words, in any order and any case; a null field is the name and the notes. */
  | { is: 'words'; field: Field | null; words: string[] }
  /** `keys`: only these are compared. `only`: they differ, and no other param does. */
  | { is: 'differ'; from: OtherRun; keys: string[] | null; only: boolean };

export type Tree = { is: 'and' | 'or'; parts: Tree[] } | { is: 'not'; part: Tree } | Leaf;

/** Every condition of a tree, in the order in which it is written. */
export function leavesOf(tree: Tree): Leaf[] {
  switch (tree.is) {
    case 'not':
      return leavesOf(tree.part);
    case 'and':
    case 'or':
      return tree.parts.flatMap(leavesOf);
    default:
      return [tree];
  }
}
