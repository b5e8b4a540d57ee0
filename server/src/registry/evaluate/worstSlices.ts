/**
 * On which rows is a version worse than on all? Nobody has to name them: each column but the label is cut (parts.ts), and of its parts those
 * of at least 2 % of the rows and 30 of them are measured. One column at a time: of pairs there are too many for a set of a few thousand
 * rows to say anything of. What chance makes of so many parts is left out (chance.ts).
 */
import { columnsLookedAt, type Evaluation, type EvaluationMetric, isOfParts, worseBy } from '@cellkeep/schema/registry';
import { toWire } from '@cellkeep/schema/wire';
import { createChance } from './chance.ts';
import { answersOf, type Judged, measure } from './judge.ts';
import { type Part, partsOf } from './parts.ts';

type Worst = Evaluation['worst'][number];

/** Of one metric. */
const MOST_FOUND = 5;

/** For each metric of the set at most five, the worst first. Lets others have their turn between parts. */
export async function findWorstSlices(judged: Judged, signal?: AbortSignal): Promise<Evaluation['worst']> {
  const { rows, set } = judged;
  const metrics = set.metrics.filter(isOfParts);
  const parts: Part[] = [];
  for (const column of rows.columns.filter((name) => name !== set.label).slice(0, columnsLookedAt(rows.data.length))) {
    await turn(signal);
    parts.push(...partsOf(rows, column));
  }
  const of = answersOf(judged);
  const all = of(Int32Array.from(rows.data.keys()));
  const whole = new Map(metrics.map((metric) => [metric, measure(metric, all)]));
  const isChance = createChance(all, whole, parts.length * metrics.length);
  const found = new Map<EvaluationMetric, Worst[]>(metrics.map((metric) => [metric, []]));
  for (const { column, name, at } of parts) {
    await turn(signal);
    const own = of(at);
    for (const [metric, before] of whole) {
      const value = measure(metric, own);
      const worse = worseBy(metric, value, before);
      if (!(worse > 0) || isChance({ metric, value, own, at })) continue;
      const one = { column, slice: name, metric, value: toWire(value), whole: toWire(before), worse, rows: at.length };
      found.set(metric, keepWorst([...(found.get(metric) ?? []), one]));
    }
  }
  return [...found.values()].flat();
}

async function turn(signal?: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}

const keepWorst = (some: Worst[]): Worst[] => some.sort((a, b) => b.worse - a.worse || b.rows - a.rows).slice(0, MOST_FOUND);
