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

/** How many of how many rows: what a metric is the share of, or the mean of such shares. */
export interface Share {
  hits: number;
  of: number;
}

const shareOf = { precision: ({ answered }: Counted) => answered, recall: ({ there }: Counted) => there, f1: involved };

/** F1 is 2s / (1 + s) of the share s that the hits are of all rows that are, or are called, of the class: it grows with s alone. */
function involved({ hits, answered, there }: Counted): number {
  return answered + there - hits;
}

type ShareMetric = 'accuracy' | keyof typeof shareOf;
export const isShare = (metric: string): metric is ShareMetric => metric === 'accuracy' || metric in shareOf;

/** Of more than two classes one each, null of those that no row has or got; else one alone, that of the positive class or of all rows. */
export function sharesOf(metric: ShareMetric, given: Classified): (Share | null)[] {
  if (metric === 'accuracy') return [{ hits: Math.round(accuracy(given) * given.truth.length), of: given.truth.length }];
  const all = counts(given);
  const share = (counted: Counted): Share => ({ hits: counted.hits, of: shareOf[metric](counted) });
  if (given.classes === 2) return [share(all[1] as Counted)];
  return all.map((counted) => (counted.answered + counted.there > 0 ? share(counted) : null));
}

/** Rows of each class of which the area is taken, and all others. */
export function sidesOf({ truth, classes }: Classified): { positives: number; negatives: number }[] {
  const sizes = new Array<number>(classes).fill(0);
  for (const y of truth) if (y !== -1) sizes[y] = (sizes[y] as number) + 1;
  return (classes === 2 ? sizes.slice(1) : sizes).map((positives) => ({ positives, negatives: truth.length - positives }));
}

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

/** Of each row -ln p_y; their mean is the log loss (Bishop 2006, equation 4.108). NaN where its label is none of the classes. */
export function logLosses({ truth, scores, classes }: Classified): Float64Array {
  return Float64Array.from(truth, (y, i) => {
    const p = !scores || y === -1 ? Number.NaN : (scores[i * classes + y] as number);
    return -Math.log(Math.min(1 - LEAST, Math.max(LEAST, p)));
  });
}

/**
 * Of each row, of two classes: (p₁ - [y = 1])²; of more: Σₖ (pₖ - [y = k])²; their mean is the score of Brier 1950. NaN where its label is
 * none of the classes.
 */
export function brierLosses({ truth, scores, classes }: Classified): Float64Array {
  return Float64Array.from(truth, (y, i) => {
    if (!scores || y === -1) return Number.NaN;
    let sum = 0;
    for (let k = classes === 2 ? 1 : 0; k < classes; k++) sum += ((scores[i * classes + k] as number) - Number(y === k)) ** 2;
    return sum;
  });
}

/** NaN where a label is none of the classes. */
export const logLoss = (given: Classified): number => mean(logLosses(given));
export const brier = (given: Classified): number => mean(brierLosses(given));

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
