/** How a model is asked with the rows of a set: with its own columns alone, many at once, and one by one for the latency. */
import type { Bundle } from '@cellkeep/schema/registry';
import type { Judged } from './judge.ts';
import type { TrueRows, Value } from './slices.ts';

export interface AskedRows {
  columns: string[];
  data: unknown[][];
}

type Predict = (rows: AskedRows, signal?: AbortSignal) => Promise<AskedRows & { latencyUs: number }>;

/** Rows that are asked at once. */
const AT_ONCE = 5_000;
/** Rows that are asked alone: the first ones warm up. */
const ALONE = { warm: 5, measured: 25 };

export async function askAll(predict: Predict, bundle: Bundle, rows: TrueRows, label: string, signal: AbortSignal) {
  const asked = ownColumns(bundle, rows);
  const classes = bundle.classes;
  const answers: unknown[] = [];
  const scores = classes ? new Float64Array(rows.data.length * classes.length) : null;
  let hasScores = classes !== null;
  for (let from = 0; from < asked.data.length; from += AT_ONCE) {
    signal.throwIfAborted();
    const part = { columns: asked.columns, data: asked.data.slice(from, from + AT_ONCE) };
    const { columns, data } = await predict(part, signal);
    if (data.length !== part.data.length) throw new Error(`the model gave ${data.length} answers to ${part.data.length} rows`);
    const at = answerColumn(bundle, columns, label);
    for (const row of data) answers.push(row[at]);
    if (!classes || !scores) continue;
    const places = classes.map((one) => columns.indexOf(`score:${one}`));
    if (places.includes(-1)) hasScores = false;
    else
      for (const [i, row] of data.entries())
        for (const [k, place] of places.entries()) scores[(from + i) * classes.length + k] = Number(row[place]);
  }
  return { answers, classes: classes as readonly Value[] | null, scores: hasScores ? scores : null } satisfies Omit<Judged, 'set' | 'rows'>;
}

/** @returns µs, the median; null of no rows */
export async function askOneByOne(predict: Predict, bundle: Bundle, rows: TrueRows, signal: AbortSignal): Promise<number | null> {
  const asked = ownColumns(bundle, rows);
  const stride = Math.max(1, Math.floor(asked.data.length / (ALONE.warm + ALONE.measured)));
  const times: number[] = [];
  for (let i = 0; i < ALONE.warm + ALONE.measured; i++) {
    signal.throwIfAborted();
    const row = asked.data[(i * stride) % asked.data.length];
    if (!row) return null;
    const { latencyUs } = await predict({ columns: asked.columns, data: [row] }, signal);
    if (i >= ALONE.warm) times.push(latencyUs);
  }
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)] ?? null;
}

/** A strict model refuses what its signature does not name: the label, and columns of slices. */
function ownColumns({ signature }: Bundle, { columns, data }: TrueRows): AskedRows {
  const own = signature.inputs.map(({ name }) => [name, columns.indexOf(name)] as const).filter(([, at]) => at !== -1);
  return { columns: own.map(([name]) => name), data: data.map((row) => own.map(([, at]) => row[at])) };
}

/** Of several targets the one that is named as the label; else the first output. */
function answerColumn({ signature }: Bundle, columns: readonly string[], label: string): number {
  const named = signature.outputs.some(({ name }) => name === label) ? columns.indexOf(label) : -1;
  if (named !== -1) return named;
  const first = columns.indexOf(signature.outputs[0]?.name ?? '');
  return first === -1 ? 0 : first;
}
