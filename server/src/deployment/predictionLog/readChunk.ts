/** Reads chunks (chunk.ts says the format): all requests of one, or the one that an id names. */
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import type { ColumnType } from '@cellkeep/schema/registry';
import { type Block, type ChunkHead, FORMAT, type LoggedRequest, type LoggedValue, PROTOCOLS, SHADOW } from './chunk.ts';
import { valuesOf } from './columns.ts';

const inflate = promisify(inflateRaw);
/** bytes; no host writes larger ones */
const LARGEST = 1024 * 1024 * 1024;

type Columns = (number | bigint | string | null)[][];

interface Opened {
  head: ChunkHead;
  requests: Columns;
  /** Where the blocks of each release begin. */
  body: Buffer;
  starts: number[];
}

/** What a chunk holds is not what it says that it holds. */
export class BrokenChunk extends Error {
  override name = 'BrokenChunk';
}

/**
 * Newest last.
 * @param firstNumber of the chunk's row
 * @param rows false: without those that are kept, for a list
 * @throws BrokenChunk where it is not known whose the rows are, if they are asked for
 */
export async function readChunk(payload: Uint8Array, firstNumber: number, { rows = true } = {}): Promise<LoggedRequest[]> {
  const opened = await open(payload);
  const places = placesOf(opened);
  if (rows) requireOwners(opened);
  const tables = opened.head.releases.map((_, release) => (rows ? tableOf(opened, release) : null));
  return places.map((place, i) => requestAt(opened, i, firstNumber, place, tables));
}

/** Null where the chunk holds no such number. @throws BrokenChunk where it is not known whose its rows are */
export async function findRequest(payload: Uint8Array, firstNumber: number, number: number): Promise<LoggedRequest | null> {
  const opened = await open(payload);
  const at = opened.requests[0]?.indexOf(number - firstNumber) ?? -1;
  const place = placesOf(opened)[at];
  if (!place) return null;
  requireOwners(opened);
  const release = Number(opened.requests[5]?.[at]);
  const tables = opened.head.releases.map((_, i) => (i === release && place.kept > 0 ? tableOf(opened, i) : null));
  return requestAt(opened, at, firstNumber, place, tables);
}

async function open(payload: Uint8Array): Promise<Opened> {
  const plain = await inflate(payload, { maxOutputLength: LARGEST });
  const length = plain.readUInt32LE(0);
  const head = JSON.parse(plain.toString('utf8', 4, 4 + length)) as ChunkHead;
  if (head.format !== FORMAT) throw new BrokenChunk(`its format is ${head.format}, and ${FORMAT} is read`);
  const body = plain.subarray(4 + length);
  let at = 0;
  const requests = head.blocks.map((block) => {
    const values = valuesOf(block, body.subarray(at, at + block.bytes), head.requests);
    at += block.bytes;
    return values;
  });
  const starts = head.releases.map(({ blocks }) => {
    const start = at;
    at += blocks.reduce((sum, { bytes }) => sum + bytes, 0);
    return start;
  });
  return { head, requests, body, starts };
}

interface Place {
  /** Rows that are its own. */
  kept: number;
  /** First of its rows among those of its release. */
  row: number;
}

function placesOf({ head, requests }: Opened): Place[] {
  const next = head.releases.map(() => 0);
  return Array.from({ length: head.requests }, (_, i) => {
    const kept = Number(requests[9]?.[i]);
    const release = Number(requests[5]?.[i]);
    const row = next[release] ?? 0;
    next[release] = row + kept;
    return { kept, row };
  });
}

/** Rather no rows than another's. */
function requireOwners({ head, requests }: Opened): void {
  const claimed = head.releases.map(() => 0);
  for (let i = 0; i < head.requests; i++) {
    const release = Number(requests[5]?.[i]);
    claimed[release] = (claimed[release] ?? 0) + Number(requests[9]?.[i]);
  }
  for (const [i, { rows, modelName, version }] of head.releases.entries()) {
    if (claimed[i] === rows) continue;
    throw new BrokenChunk(`it holds ${rows} rows of ${modelName} ${version}, and its requests say that ${claimed[i]} are theirs`);
  }
}

interface Table {
  inputs: string[];
  outputs: string[];
  /** Inputs, outputs, and the scores of each class. */
  valueAt: ((row: number) => LoggedValue)[];
}

function tableOf({ head, body, starts }: Opened, at: number): Table {
  const release = head.releases[at] as ChunkHead['releases'][number];
  let from = starts[at] as number;
  const valuesOfNext = (block: Block | undefined, width: number) => {
    if (!block) return [];
    const values = valuesOf(block, body.subarray(from, from + block.bytes), release.rows * width);
    from += block.bytes;
    return values;
  };
  const columns = [...release.inputs, ...release.outputs];
  const valueAt = columns.map(({ type, width }, i) => {
    const values = valuesOfNext(release.blocks[i], width);
    if (width === 1) return (row: number) => shown(type, values[row]);
    return (row: number) => values.slice(row * width, (row + 1) * width).map((value) => shown(type, value));
  });
  const classes = release.classes ?? [];
  const scores = valuesOfNext(release.blocks[columns.length], classes.length);
  for (const k of classes.keys()) valueAt.push((row) => shown('double', scores[row * classes.length + k]));
  return {
    inputs: release.inputs.map(({ name }) => name),
    outputs: [...release.outputs.map(({ name }) => name), ...classes.map((name) => `score:${name}`)],
    valueAt,
  };
}

function shown(type: ColumnType, value: number | bigint | string | null | undefined): LoggedValue {
  if (value === undefined || value === null || Number.isNaN(value)) return null;
  if (typeof value === 'bigint') return value.toString();
  if (type === 'boolean' && typeof value === 'number') return value !== 0;
  // JSON has no infinities.
  return value === Number.POSITIVE_INFINITY ? 'Infinity' : value === Number.NEGATIVE_INFINITY ? '-Infinity' : value;
}

function requestAt(
  { head, requests }: Opened,
  i: number,
  firstNumber: number,
  { kept, row }: Place,
  tables: (Table | null)[],
): LoggedRequest {
  const [number, at, latencyUs, rows, status, release, protocol, flags, caller] = requests.map((column) => Number(column[i])) as [
    ...[number, number, number, number, number, number, number, number, number],
  ];
  const table = kept > 0 ? tables[release] : null;
  const { id, modelName, version } = head.releases[release] as ChunkHead['releases'][number];
  const part = (columns: string[], from: number) => {
    const data = Array.from({ length: kept }, (_, r) => columns.map((_, c) => table?.valueAt[from + c]?.(row + r) ?? null));
    return { columns, data };
  };
  return {
    ...{ number: firstNumber + number, at: head.firstAt + at, releaseId: id, modelName, version, latencyUs, rows, status },
    protocol: PROTOCOLS[protocol] ?? 'rows',
    isShadow: (flags & SHADOW) !== 0,
    caller: head.callers[caller] ?? '',
    inputs: table ? part(table.inputs, 0) : null,
    outputs: table ? part(table.outputs, table.inputs.length) : null,
  };
}
