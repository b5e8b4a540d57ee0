/**
 * A chunk of requests, as `prediction_chunks.payload` holds it: deflated (RFC 1951), inside
 *
 *     uint32 length of the head · the head as JSON (ChunkHead) · blocks, one right after another, little-endian
 *
 * Blocks are columns. First those of the requests, in the order of REQUEST_BLOCKS; then for each release in the head's order the columns
 * of the rows that are kept: inputs, outputs, scores, each in the kind that the head names. The kept rows of a request are the next
 * `kept` of its release; where those of all requests are not as many as the release has, nobody knows whose they are, and readers refuse
 * the chunk. Columns rather than rows: like values beside each other deflate well, and writing them costs no text.
 */
import type { ColumnType } from '@cellkeep/schema/registry';

/** Their places are stored: only ever add at the end. */
export const PROTOCOLS = ['rows', 'invocations', 'v2', 'arrow', 'batch'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** What a value may be once it is read: missing is null. Binary comes as base64, a tensor as an array of its numbers. */
export type LoggedValue = number | string | boolean | null | LoggedValue[];

export interface LoggedRequest {
  number: number;
  /** ms since the epoch */
  at: number;
  releaseId: string;
  modelName: string;
  version: number;
  latencyUs: number;
  rows: number;
  /** HTTP status. */
  status: number;
  protocol: Protocol;
  isShadow: boolean;
  /** Who asked: the label of a token, or the name of a user. */
  caller: string;
  /** Null where they were not kept. */
  inputs: { columns: string[]; data: LoggedValue[][] } | null;
  /** The signature's outputs, then `score:<class>` for each class. */
  outputs: { columns: string[]; data: LoggedValue[][] } | null;
}

/** A release, as a chunk must know it to be read on its own. */
export interface ChunkedRelease {
  id: string;
  modelName: string;
  version: number;
  inputs: ChunkedColumn[];
  outputs: ChunkedColumn[];
  /** Names of the classes that have scores; null: none have. */
  classes: string[] | null;
}

export interface ChunkedColumn {
  name: string;
  type: ColumnType;
  /** Values of one row: more than 1 for tensors. */
  width: number;
}

/** `zero`: nothing is stored, all are 0. `json`: texts and nulls. `i64`: integers that no float64 holds. */
export type BlockKind = 'zero' | 'u8' | 'i32' | 'f32' | 'f64' | 'i64' | 'json';

export interface Block {
  kind: BlockKind;
  /** Within all that follows the head. */
  bytes: number;
}

export const FORMAT = 2;

export interface ChunkHead {
  format: typeof FORMAT;
  requests: number;
  firstAt: number;
  callers: string[];
  releases: (ChunkedRelease & { rows: number; blocks: Block[] })[];
  /** Those of the requests. */
  blocks: Block[];
}

/** Of each request: number less the chunk's first, ms less the chunk's first, µs, … */
export const REQUEST_BLOCKS = ['number', 'at', 'latency', 'rows', 'status', 'release', 'protocol', 'flags', 'caller', 'kept'] as const;
export const SHADOW = 2;
