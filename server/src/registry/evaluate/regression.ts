/** Metrics of answers that are numbers. y: true value, ŷ: answered value. The numbers in metrics.test.ts are those of scikit-learn. */
export interface Measured {
  truth: Float64Array;
  answers: Float64Array;
}

function meanOf(truth: Float64Array, of: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < truth.length; i++) sum += of(i);
  return sum / truth.length;
}

/** Of each row (y - ŷ)² */
export const squaredErrors = ({ truth, answers }: Measured): Float64Array => truth.map((y, i) => (y - (answers[i] as number)) ** 2);

/** Of each row |y - ŷ| */
export const absoluteErrors = ({ truth, answers }: Measured): Float64Array => truth.map((y, i) => Math.abs(y - (answers[i] as number)));

/** √mean((y - ŷ)²) */
export const rmse = ({ truth, answers }: Measured): number =>
  Math.sqrt(meanOf(truth, (i) => ((truth[i] as number) - (answers[i] as number)) ** 2));

/** mean(|y - ŷ|) */
export const mae = ({ truth, answers }: Measured): number => meanOf(truth, (i) => Math.abs((truth[i] as number) - (answers[i] as number)));

/**
 * 1 - Σ(y - ŷ)² / Σ(y - ȳ)² (Wright 1921). Where all y are equal: 1 if every answer is right, else 0, as scikit-learn says it. NaN of
 * fewer than two rows.
 */
export function r2({ truth, answers }: Measured): number {
  if (truth.length < 2) return Number.NaN;
  const mean = meanOf(truth, (i) => truth[i] as number);
  const spread = meanOf(truth, (i) => ((truth[i] as number) - mean) ** 2);
  const error = meanOf(truth, (i) => ((truth[i] as number) - (answers[i] as number)) ** 2);
  if (spread === 0) return error === 0 ? 1 : 0;
  return 1 - error / spread;
}
