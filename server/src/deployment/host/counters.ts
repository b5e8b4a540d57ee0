/** Counters that cost next to nothing while requests are answered, and are added to the database's behind them. */
import type { Baseline, Signature } from '@cellkeep/schema/registry';
import { binsOf, LATENCY_BINS, latencyBin, type SpreadBins } from '../predictionLog/index.ts';
import type { Answers, ColumnValues, Rows } from './model.ts';

export interface Traffic {
  requests: number;
  rows: number;
  clientErrors: number;
  serverErrors: number;
  rejected: number;
  latencies: Float64Array;
  compared: number;
  differing: number;
  failed: number;
}

const noTraffic = (): Traffic => ({
  ...{ requests: 0, rows: 0, clientErrors: 0, serverErrors: 0, rejected: 0, compared: 0, differing: 0, failed: 0 },
  latencies: new Float64Array(LATENCY_BINS),
});

export interface SpreadColumn {
  kind: 'feature' | 'prediction';
  name: string;
  bins: SpreadBins;
  missing: number;
  counts: Float64Array;
}

export class ReleaseCounters {
  #traffic = noTraffic();
  readonly #features: (SpreadColumn | null)[];
  readonly #predictions: (SpreadColumn | null)[];
  #hasSpread = false;

  constructor({ inputs, outputs }: Signature, baseline: Baseline | null) {
    const columnFor = (kind: SpreadColumn['kind'], name: string, isTensor: boolean): SpreadColumn | null => {
      const known = (kind === 'feature' ? baseline?.features : baseline?.prediction)?.find((column) => column.name === name);
      const bins = known && !isTensor ? binsOf(known) : null;
      return bins && { kind, name, bins, missing: 0, counts: new Float64Array(bins.bins) };
    };
    this.#features = inputs.map(({ name, shape }) => columnFor('feature', name, shape !== null));
    // A baseline may call the only prediction as it likes.
    const only = outputs.length === 1 && baseline?.prediction.length === 1 ? baseline.prediction[0]?.name : undefined;
    this.#predictions = outputs.map(({ name, shape }) => columnFor('prediction', only ?? name, shape !== null));
  }

  answered(status: number, rows: number, latencyUs: number): void {
    const traffic = this.#traffic;
    traffic.requests += 1;
    traffic.rows += rows;
    if (status >= 500) traffic.serverErrors += 1;
    else if (status >= 400) traffic.clientErrors += 1;
    const bin = latencyBin(latencyUs);
    traffic.latencies[bin] = (traffic.latencies[bin] as number) + 1;
  }

  rejected(): void {
    this.#traffic.requests += 1;
    this.#traffic.rejected += 1;
  }

  /** Of a shadow. */
  compared(rows: number, differing: number): void {
    this.#traffic.compared += rows;
    this.#traffic.differing += differing;
  }

  shadowFailed(requests: number): void {
    this.#traffic.failed += requests;
  }

  spread(rows: Rows, answers: Answers): void {
    this.#hasSpread = true;
    countColumns(this.#features, rows.columns, rows.count);
    countColumns(this.#predictions, answers.columns, rows.count);
  }

  takeTraffic(): Traffic | null {
    const traffic = this.#traffic;
    if (traffic.requests === 0 && traffic.compared === 0 && traffic.failed === 0) return null;
    this.#traffic = noTraffic();
    return traffic;
  }

  takeSpread(): Omit<SpreadColumn, 'bins'>[] {
    if (!this.#hasSpread) return [];
    this.#hasSpread = false;
    return [...this.#features, ...this.#predictions].flatMap((column) => {
      if (!column) return [];
      const { kind, name, missing, counts } = column;
      column.missing = 0;
      column.counts = new Float64Array(counts.length);
      return [{ kind, name, missing, counts }];
    });
  }
}

function countColumns(columns: readonly (SpreadColumn | null)[], values: readonly ColumnValues[], rows: number): void {
  for (let c = 0; c < columns.length; c++) {
    const column = columns[c];
    const of = values[c];
    if (!column || !of) continue;
    const { binOf } = column.bins;
    const { counts } = column;
    for (let r = 0; r < rows; r++) {
      const bin = binOf(of[r] as number);
      if (bin < 0) column.missing += 1;
      else counts[bin] = (counts[bin] as number) + 1;
    }
  }
}

/** Adds up what could not be written yet. */
export function addTraffic(sum: Traffic, more: Traffic): Traffic {
  for (const key of ['requests', 'rows', 'clientErrors', 'serverErrors', 'rejected', 'compared', 'differing', 'failed'] as const)
    sum[key] += more[key];
  for (let i = 0; i < LATENCY_BINS; i++) sum.latencies[i] = (sum.latencies[i] as number) + (more.latencies[i] as number);
  return sum;
}
