/**
 * Metrics of answers that are classes. Each says its formula and where it comes from; the numbers in metrics.test.ts are those of
 * scikit-learn. Labels are places in the list of classes, -1 for a label that is none of them.
 *
 * y: true class, ŷ: answered class, p: score of a class, n: rows, K: classes.
 */
export interface Classified {
  truth: Int32Array;
  answers: Int32Array;
  /** [rows × classes], one row after another; null where the model gives none. */
  scores: Float64Array | null;
  classes: number;
}

/** Share of rows with ŷ = y. */
export function accuracy({ truth, answers }: Classified): number {
  let right = 0;
  for (let i = 0; i < truth.length; i++) if (truth[i] === answers[i] && truth[i] !== -1) right++;
  return right / truth.length;
}

interface Counted {
  hits: number;
  answered: number;
  there: number;
}

/** Hits, answers and true ones of each class; a class that no row has or got is left out, as scikit-learn leaves it out. */
function counts({ truth, answers, classes }: Classified): Counted[] {
  const all: Counted[] = Array.from({ length: classes + 1 }, () => ({ hits: 0, answered: 0, there: 0 }));
  const of = (place: number) => all[place === -1 ? classes : place] as Counted;
  for (let i = 0; i < truth.length; i++) {
    const [y, answer] = [truth[i] as number, answers[i] as number];
    of(y).there++;
    of(answer).answered++;
    if (y === answer && y !== -1) of(y).hits++;
  }
  return all;
}

/**
 * Of two classes: that of the second, the positive one. Of more: the mean over those that a row has or got ("macro", Sokolova and Lapalme
 * 2009, table 3). What would be 0/0 is 0.
 */
function averaged(given: Classified, of: (counted: Counted) => number): number {
  const all = counts(given);
  if (given.classes === 2) return of(all[1] as Counted);
  const present = all.filter(({ answered, there }) => answered + there > 0);
  return present.reduce((sum, counted) => sum + of(counted), 0) / present.length;
}

const ratio = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);

/** hits / answered (van Rijsbergen 1979, chapter 7). */
export const precision = (given: Classified): number => averaged(given, ({ hits, answered }) => ratio(hits, answered));

/** hits / there. */
export const recall = (given: Classified): number => averaged(given, ({ hits, there }) => ratio(hits, there));

/** Harmonic mean of both: 2·hits / (answered + there). */
export const f1 = (given: Classified): number => averaged(given, ({ hits, answered, there }) => ratio(2 * hits, answered + there));

/**
 * Area under the curve of hits against false alarms: the chance that a positive row's score is above a negative one's, ties counting half
 * (Hanley and McNeil 1982), by ranks as Mann and Whitney 1947: (R₊ - n₊(n₊+1)/2) / (n₊·n₋). Of more than two classes: the mean over the
 * classes, each against all others (Provost and Domingos 2000, without weights). NaN where a class, or all others, is missing.
 */
export function rocAuc({ truth, scores, classes }: Classified): number {
  if (!scores) return Number.NaN;
  if (classes === 2) return areaOf(truth, column(scores, classes, 1), 1);
  let sum = 0;
  for (let k = 0; k < classes; k++) sum += areaOf(truth, column(scores, classes, k), k);
  return sum / classes;
}

function column(scores: Float64Array, classes: number, k: number): Float64Array {
  const values = new Float64Array(scores.length / classes);
  for (let i = 0; i < values.length; i++) values[i] = scores[i * classes + k] as number;
  return values;
}

function areaOf(truth: Int32Array, scores: Float64Array, positive: number): number {
  if (scores.some(Number.isNaN)) return Number.NaN;
  const order = Int32Array.from(scores.keys()).sort((a, b) => (scores[a] as number) - (scores[b] as number));
  let [rankSum, positives] = [0, 0];
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && scores[order[to] as number] === scores[order[from] as number]) to++;
    const rank = (from + 1 + to) / 2; // ties share the mean of their ranks
    for (let i = from; i < to; i++) {
      if (truth[order[i] as number] !== positive) continue;
      rankSum += rank;
      positives++;
    }
    from = to;
  }
  const negatives = order.length - positives;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

const LEAST = Number.EPSILON; // a certain answer that is wrong costs 36, not infinity; scikit-learn clips there too

/** -mean(ln p_y) (Bishop 2006, equation 4.108). NaN where a label is none of the classes. */
export function logLoss({ truth, scores, classes }: Classified): number {
  if (!scores) return Number.NaN;
  let sum = 0;
  for (let i = 0; i < truth.length; i++) {
    const y = truth[i] as number;
    const p = y === -1 ? Number.NaN : (scores[i * classes + y] as number);
    sum -= Math.log(Math.min(1 - LEAST, Math.max(LEAST, p)));
  }
  return sum / truth.length;
}

/** Of two classes: mean((p₁ - [y = 1])²); of more: mean(Σₖ (pₖ - [y = k])²) (Brier 1950). NaN where a label is none of the classes. */
export function brier({ truth, scores, classes }: Classified): number {
  if (!scores || truth.includes(-1)) return Number.NaN;
  let sum = 0;
  for (let i = 0; i < truth.length; i++) {
    for (let k = classes === 2 ? 1 : 0; k < classes; k++) sum += ((scores[i * classes + k] as number) - Number(truth[i] === k)) ** 2;
  }
  return sum / truth.length;
}
