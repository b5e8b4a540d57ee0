import { type Failure, failure } from '../../core/failure.ts';

/** The filter is wrong at this index; people count columns from 1, and the filter field marks the one that the reason names. */
export function wrong(at: number, reason: string, remedy?: string): Failure {
  return failure('BAD_REQUEST', { field: 'filter', reason: `column ${at + 1}: ${reason}`, remedy });
}

/** The word of the list that was probably meant: at most a third of its letters differ. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const near = words.map((one) => ({ one, edits: editsBetween(word.toLowerCase(), one) }));
  return near.filter(({ one, edits }) => edits <= Math.max(1, Math.floor(one.length / 3))).sort((a, b) => a.edits - b.edits)[0]?.one;
}

/** Levenshtein's distance, row by row. */
function editsBetween(a: string, b: string): number {
  // Nothing that long is a misspelt word of ours, and the rows grow with it.
  if (a.length > 40) return a.length;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
