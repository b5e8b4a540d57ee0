/** The small curve on a row: what the server had when it was asked, and what the row's summaries have told since. */
import type { MetricSummary } from '@cellkeep/schema/tracking';
import { fromWire } from '@cellkeep/schema/wire';

export interface Tail {
  steps: number[];
  values: number[];
}

const MOST = 64; // points; the curve is 56 pixels wide

/** The tail with the summary's last point, where that is new; the same object where it is not. */
export function growTail(tail: Tail | undefined, summary: Pick<MetricSummary, 'last' | 'lastStep'>): Tail {
  const last = tail?.steps.at(-1) ?? Number.NEGATIVE_INFINITY;
  if (tail && summary.lastStep <= last) return tail;
  const steps = [...(tail?.steps ?? []), summary.lastStep];
  const values = [...(tail?.values ?? []), fromWire(summary.last)];
  if (steps.length <= MOST) return { steps, values };
  // Every second point, the newest always among them.
  const keep = (_: number, i: number) => (steps.length - 1 - i) % 2 === 0;
  return { steps: steps.filter(keep), values: values.filter(keep) };
}

/** The curve as it is drawn: the tail goes on where the history ends. */
export function joinTail(history: { steps: readonly number[]; values: readonly number[] } | undefined, tail: Tail | undefined): number[] {
  const end = history?.steps.at(-1) ?? Number.NEGATIVE_INFINITY;
  return [...(history?.values ?? []), ...(tail?.values.filter((_, i) => (tail.steps[i] ?? 0) > end) ?? [])];
}
