/** In the scorer's process: one model that is asked with rows as JSON has them, and answers the same way. */
import type { Explanation } from '@cellkeep/schema/deployment';
import type { Column } from '@cellkeep/schema/registry';
import { type ExplainMaterial, explainRow, loadExplainMaterial } from '../explain/index.ts';
import type { Answers, ColumnValues, LoadedModel, Rows } from '../host/model.ts';
import { columnReaders } from '../host/rows/columnReader.ts';
import { readTable } from '../host/rows/table.ts';
import { type Json, tableOfSplit } from '../host/rows/tables.ts';
import { createLoadModel } from '../host/runtimes.ts';
import type { FromScorer, ScorerTask } from './messages.ts';
import type { ScoredRows } from './scorer.ts';

/** Rows that go through the model at once: a batch of any size takes the memory of so many. */
const AT_ONCE = 2_048;

export interface AskedModel {
  predict: (rows: ScoredRows) => Promise<ScoredRows & { latencyUs: number }>;
  explain: (rows: ScoredRows, row: number, output?: string) => Promise<Explanation>;
  close: () => Promise<void>;
}

export async function openModel(task: ScorerTask, say: (line: Extract<FromScorer, { kind: 'line' }>) => void): Promise<AskedModel> {
  const { bundle, folder, timeLimit, ...where } = task;
  const told = (line: string, stream: 'out' | 'err' | 'host') => say({ kind: 'line', line, stream });
  const load = createLoadModel({ ...where, workers: 1, deadlineMs: () => timeLimit, say: told });
  const model = await load(bundle, folder);
  let material: Promise<ExplainMaterial> | null = null;
  return {
    predict: (rows) => predictRows(model, rows),
    async explain(rows, row, output) {
      material ??= loadExplainMaterial(bundle, folder);
      return explainRow(model, await material, readRows(model, rows), row, { output });
    },
    close: model.close,
  };
}

/** @throws Refusal that names each value that does not fit the signature */
function readRows({ bundle: { signature } }: LoadedModel, { columns, data }: ScoredRows): Rows {
  const readers = columnReaders(signature, false);
  const table = tableOfSplit(columns, data as Json[], readers, { names: 'columns', data: 'data' });
  const values = readers.map((reader) => reader.make(table.count));
  readTable(table, readers, values, 0);
  return { count: table.count, columns: values };
}

async function predictRows(model: LoadedModel, asked: ScoredRows): Promise<ScoredRows & { latencyUs: number }> {
  const { classes, signature } = model.bundle;
  const data: unknown[][] = [];
  let [latency, hasScores] = [0, false];
  for (let from = 0; from < asked.data.length; from += AT_ONCE) {
    const rows = readRows(model, { columns: asked.columns, data: asked.data.slice(from, from + AT_ONCE) });
    const began = performance.now();
    const answers = await model.predict(rows);
    latency += performance.now() - began;
    hasScores = answers.scores !== null;
    for (let row = 0; row < rows.count; row++) data.push(told(answers, row, rows.count, signature.outputs));
  }
  const scores = hasScores ? (classes ?? []).map((one) => `score:${one}`) : [];
  return { columns: [...signature.outputs.map(({ name }) => name), ...scores], data, latencyUs: Math.round(latency * 1_000) };
}

function told({ columns, scores }: Answers, row: number, rows: number, outputs: readonly Column[]): unknown[] {
  const answers = outputs.map((output, place) => jsonValue(columns[place] as ColumnValues, row, rows, output));
  if (!scores) return answers;
  const width = scores.length / rows;
  return [...answers, ...Array.from(scores.subarray(row * width, (row + 1) * width), jsonNumber)];
}

function jsonValue(values: ColumnValues, row: number, rows: number, { type, shape }: Column): unknown {
  if (shape === null) return one(values[row], type);
  const width = values.length / rows;
  return Array.from(values.slice(row * width, (row + 1) * width) as ArrayLike<unknown>, (value) => one(value, type));
}

function one(value: unknown, type: Column['type']): unknown {
  if (typeof value === 'number') return type === 'boolean' && !Number.isNaN(value) ? value !== 0 : jsonNumber(value);
  if (typeof value === 'bigint') return value.toString();
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : (value ?? null);
}

/** JSON has no NaN: null; infinities are text everywhere. */
const jsonNumber = (value: number): unknown =>
  Number.isFinite(value) ? value : Number.isNaN(value) ? null : value > 0 ? 'Infinity' : '-Infinity';
