/** What a filter says, with names resolved and values read: times in ms since the epoch, durations in seconds, statuses in lower case. */
import type { AttributeName } from './attributes.ts';
import type { Operator } from './tokens.ts';

export type Field = { of: 'attribute'; name: AttributeName } | { of: 'metric'; key: string } | { of: 'param' | 'tag'; key: string };

export type Value = string | number;

export type Leaf =
  | { is: 'compare'; field: Field; operator: Operator; value: Value }
  | { is: 'like'; field: Field; pattern: string; anyCase: boolean; negated: boolean }
  | { is: 'in'; field: Field; values: Value[]; negated: boolean }
  | { is: 'null'; field: Field; negated: boolean }
  | { is: 'text'; text: string };

export type Tree = { is: 'and' | 'or'; parts: Tree[] } | { is: 'not'; part: Tree } | Leaf;
