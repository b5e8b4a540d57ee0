/** From a release's row to a model that has been asked once: files, bundle, runtime, warm-up. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bundle, baseline as baselineSchema } from '@cellkeep/schema/registry';
import type { Sql } from 'postgres';
import { modelFiles } from '../../registry/index.ts';
import type { ChunkedRelease } from '../predictionLog/index.ts';
import { Batcher, type BatcherOptions, type BatchResult } from './batcher.ts';
import { ReleaseCounters } from './counters.ts';
import { explainerOf } from './explaining.ts';
import type { LookupOf } from './lookup.ts';
import { type LoadedModel, type LoadModel, ModelFailure } from './model.ts';
import { type ReleaseRecord, readBundle } from './readEndpoint.ts';
import { type ColumnReader, columnReaders } from './rows/columnReader.ts';
import { readTable } from './rows/table.ts';
import { type Json, tableOfSplit } from './rows/tables.ts';
import type { ServedRelease } from './served.ts';
import { type OpenBlob, unpackModel } from './unpackModel.ts';

export interface LoadingOptions {
  sql: Sql;
  open: OpenBlob;
  cache: string;
  load: LoadModel;
  strict: boolean;
  lookupOf: LookupOf;
  batching: () => BatcherOptions;
  onBatch: (release: ServedRelease, result: BatchResult) => void;
  say: (line: string) => void;
}

/** @throws ModelFailure, or what kept it from being loaded */
export async function loadRelease(record: ReleaseRecord, options: LoadingOptions): Promise<ServedRelease> {
  const { sql, open, cache, load, strict } = options;
  const bundle = await readBundle(sql, record.loggedModelId);
  if (!bundle) throw new ModelFailure(`${record.modelName} ${record.version} has no bundle: export it first`);
  const files = await modelFiles(sql, record.loggedModelId);
  if (!files || files.length === 0) throw new ModelFailure(`the files of ${record.modelName} ${record.version} are not on this server`);
  const folder = await unpackModel(files, open, cache);
  const model = await load(bundle, folder);
  try {
    const example = await readExample(bundle, folder);
    const readers = columnReaders(bundle.signature, strict);
    await warmUp(model, columnReaders(bundle.signature, false), example);
    const explain = explainerOf(model, folder, options.say);
    return servedOf(record, model, { readers, example, baseline: await readBaseline(bundle, folder), explain }, options);
  } catch (error) {
    await model.close();
    throw error;
  }
}

function servedOf(
  record: ReleaseRecord,
  model: LoadedModel,
  { readers, example, baseline, explain }: Pick<ServedRelease, 'readers' | 'example' | 'baseline' | 'explain'>,
  { batching, onBatch, lookupOf }: LoadingOptions,
): ServedRelease {
  const { bundle } = model;
  const { signature } = bundle;
  const classes = bundle.classes?.map(String) ?? null;
  const make = (rows: number) => readers.map((reader) => reader.make(rows));
  const served: ServedRelease = {
    ...{ record, number: record.number, role: record.role, weight: record.weight, header: record.header },
    ...{ model, signature, readers, classes, example, baseline, explain },
    chunked: chunkedOf(record, bundle, readers, classes),
    counters: new ReleaseCounters(signature, baseline),
    lookup: lookupOf(record),
    batcher: new Batcher(model, make, batching, (result) => onBatch(served, result)),
  };
  return served;
}

function chunkedOf(
  { id, modelName, version }: ReleaseRecord,
  { signature }: Bundle,
  readers: readonly ColumnReader[],
  classes: string[] | null,
): ChunkedRelease {
  return {
    ...{ id, modelName, version, classes },
    inputs: readers.map(({ name, column, width }) => ({ name, type: column.type, width })),
    outputs: signature.outputs.map(({ name, type, shape }) => ({
      name,
      type,
      width: shape?.reduce((product, size) => product * size, 1) ?? 1,
    })),
  };
}

async function readExample({ example }: Bundle, folder: string): Promise<ServedRelease['example']> {
  if (example === null) return null;
  const { columns, data } = JSON.parse(await readFile(join(folder, example), 'utf8')) as { columns: string[]; data: unknown[][] };
  return { columns, data };
}

async function readBaseline({ baseline }: Bundle, folder: string) {
  return baseline === null ? null : baselineSchema.parse(JSON.parse(await readFile(join(folder, baseline), 'utf8')));
}

/** Rows of the example, else made up ones: the first calls of a model are ten times slower than all others. */
const WARM_UP_CALLS = 20;

async function warmUp(model: LoadedModel, readers: readonly ColumnReader[], example: ServedRelease['example']): Promise<void> {
  const table = example
    ? tableOfSplit(example.columns, example.data.slice(0, 16) as Json[], readers, { names: 'columns', data: 'data' })
    : {
        count: 1,
        value: (_row: number, c: number) => madeUp(readers[c] as ColumnReader),
        field: () => 'example',
        other: () => null,
        extra: () => [],
      };
  const columns = readers.map((reader) => reader.make(table.count));
  readTable(table, readers, columns, 0);
  const since = performance.now();
  for (let i = 0; i < WARM_UP_CALLS && performance.now() - since < 1_000; i++) await model.predict({ count: table.count, columns });
}

function madeUp({ column: { type, min, categories, required, shape }, width }: ColumnReader): unknown {
  const one = () => {
    if (categories?.[0] !== undefined) return categories[0];
    if (type === 'string') return '';
    if (type === 'boolean') return false;
    if (type === 'datetime') return '2000-01-01T00:00:00Z';
    if (type === 'binary') return new Uint8Array();
    return type === 'integer' ? Math.ceil(min ?? 0) : (min ?? 0);
  };
  if (!required) return null;
  return shape ? Array.from({ length: width }, one) : one();
}
