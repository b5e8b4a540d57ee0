/** The first line of a difference: "3 cells changed, 1 moved, pandas 2.2 → 2.3". */
import type { CellPair, SnapshotDiff, ValueChange } from '@cellkeep/schema/design';
import type { Translate } from '../../host.ts';

const NAMED = 3; // things that are named; more are counted

export function summaryOf(diff: SnapshotDiff, t: Translate): string {
  const parts: string[] = [];
  const count = (n: number, one: string, many: string) => {
    if (n > 0) parts.push(t(n === 1 ? one : many, { n }));
  };
  const { counts } = diff;
  count(counts.edited ?? 0, '{n} cell changed', '{n} cells changed');
  count(counts.added ?? 0, '{n} added', '{n} added');
  count(counts.removed ?? 0, '{n} removed', '{n} removed');
  count(counts.moved ?? 0, '{n} moved', '{n} moved');
  count(counts.outputs ?? 0, '{n} shows something else', '{n} show something else');
  const named = [...diff.packages, ...diff.machine, ...diff.data, ...diff.params, ...diff.metrics];
  for (const change of named.slice(0, NAMED)) parts.push(changeText(change, t));
  if (named.length > NAMED) parts.push(t('{n} more values', { n: named.length - NAMED }));
  count(diff.files.length, '{n} file', '{n} files');
  if (diff.git.length > 0) parts.push(t('another commit'));
  count(diff.seeds.length, '{n} seed', '{n} seeds');
  count(diff.variables.length, '{n} environment variable', '{n} environment variables');
  return parts.length > 0 ? parts.join(', ') : t('Nothing is different.');
}

const LONGEST = 24;
const short = (text: string) => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);

export function changeText({ name, before, after }: ValueChange, t: Translate): string {
  if (before === null) return t('{name} {after} is new', { name, after: short(after ?? '') });
  if (after === null) return t('{name} is gone', { name });
  return `${name} ${short(before)} → ${short(after)}`;
}

/** Cells that differ, and between them how many do not. */
export type DiffRow = { kind: 'pair'; pair: CellPair; at: number } | { kind: 'fold'; pairs: CellPair[]; at: number };

export const isUnchanged = (pair: CellPair): boolean => pair.change === 'same' && !pair.alsoMoved && !pair.alsoOutputs;

/** @param open folds that somebody unfolded, by the place of their first pair */
export function rowsOf(pairs: readonly CellPair[], open: ReadonlySet<number>): DiffRow[] {
  const rows: DiffRow[] = [];
  let fold: Extract<DiffRow, { kind: 'fold' }> | null = null;
  pairs.forEach((pair, at) => {
    if (!isUnchanged(pair)) {
      fold = null;
      rows.push({ kind: 'pair', pair, at });
      return;
    }
    if (!fold) {
      fold = { kind: 'fold', pairs: [], at };
      rows.push(fold);
    }
    fold.pairs.push(pair);
  });
  return rows.flatMap((row): DiffRow[] =>
    row.kind === 'fold' && open.has(row.at) ? row.pairs.map((pair, i) => ({ kind: 'pair', pair, at: row.at + i })) : [row],
  );
}

/** Outputs of two states of a cell, by place: an image that was the third stays beside what is third now. */
export function pairOutputs<Output>(before: readonly Output[], after: readonly Output[]): [Output | undefined, Output | undefined][] {
  return Array.from({ length: Math.max(before.length, after.length) }, (_, i) => [before[i], after[i]]);
}
