/** A release that this host has loaded: its model, how rows are read for it, what waits for it, and what is counted of it. */
import type { Baseline, Signature } from '@cellkeep/schema/registry';
import type { ChunkedRelease } from '../predictionLog/index.ts';
import type { Batcher } from './batcher.ts';
import type { ReleaseCounters } from './counters.ts';
import type { ExplainRows } from './explaining.ts';
import type { LookupFeatures } from './lookup.ts';
import type { LoadedModel } from './model.ts';
import type { ReleaseRecord } from './readEndpoint.ts';
import type { Routed } from './routing.ts';
import type { ColumnReader } from './rows/columnReader.ts';

export interface ServedRelease extends Routed {
  record: ReleaseRecord;
  model: LoadedModel;
  signature: Signature;
  readers: ColumnReader[];
  /** Names of the classes that have scores. */
  classes: string[] | null;
  /** As the log knows it. */
  chunked: ChunkedRelease;
  baseline: Baseline | null;
  example: { columns: string[]; data: unknown[][] } | null;
  batcher: Batcher;
  counters: ReleaseCounters;
  lookup: LookupFeatures | null;
  explain: ExplainRows;
}
