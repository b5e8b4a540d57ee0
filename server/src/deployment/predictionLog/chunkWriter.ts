/** Gathers requests into a chunk and writes it (chunk.ts says how). Made once and used again: its columns keep their memory. */
import { promisify } from 'node:util';
import { deflateRaw } from 'node:zlib';
import type { ColumnValues } from '../host/model.ts';
import { type Block, type ChunkedRelease, type ChunkHead, FORMAT, PROTOCOLS, type Protocol, REQUEST_BLOCKS, SHADOW } from './chunk.ts';
import { blockOf, type LoggedColumn, NumberColumn, TextColumn } from './columns.ts';

const deflate = promisify(deflateRaw);
/** Values beside each other deflate well enough at the fastest level, which costs a fifth of the default one. */
const LEVEL = 1;

export interface ChunkRequest {
  number: number;
  /** ms since the epoch */
  at: number;
  release: ChunkedRelease;
  latencyUs: number;
  rows: number;
  status: number;
  protocol: Protocol;
  isShadow: boolean;
  caller: string;
  /** Those of its rows that were handed to `keepRows` before: all, or 0. */
  kept: number;
}

export interface EncodedChunk {
  life: number;
  firstNumber: number;
  lastNumber: number;
  firstAt: number;
  lastAt: number;
  requests: number;
  errors: number;
  payload: Buffer;
}

export interface ChunkWriter {
  /** How many requests it holds. */
  readonly requests: number;
  /** bytes that it holds, before they are deflated */
  readonly bytes: number;
  /** Rows that were kept and whose requests are not added yet: a chunk may not end between them. */
  readonly unclaimed: number;
  /** Numbers ascend within a life. */
  add: (request: ChunkRequest) => void;
  /** Rows `from` to `to` of a call, in the order in which their requests are added. Scores: [rows × classes]. */
  keepRows: (
    release: ChunkedRelease,
    inputs: readonly ColumnValues[],
    outputs: readonly ColumnValues[],
    scores: Float64Array | null,
    from: number,
    to: number,
  ) => void;
  /** Takes what has been gathered; null where there is nothing. The bytes are read before this returns, the rest waits. */
  encode: (life: number) => Promise<EncodedChunk> | null;
}

class GatheredRelease {
  rows = 0;
  readonly release: ChunkedRelease;
  readonly columns: LoggedColumn[];
  readonly widths: number[];

  constructor(release: ChunkedRelease) {
    this.release = release;
    const all = [...release.inputs, ...release.outputs];
    this.columns = all.map(({ type }) => (/^(string|datetime|binary)$/.test(type) ? new TextColumn() : new NumberColumn()));
    this.widths = all.map(({ width }) => width);
    if (release.classes) {
      this.columns.push(new NumberColumn());
      this.widths.push(release.classes.length);
    }
  }

  append(at: number, values: ColumnValues | null | undefined, from: number, to: number): void {
    const column = this.columns[at];
    const width = this.widths[at] as number;
    if (!column || !values) return;
    if (column instanceof TextColumn) column.append(values as (string | null)[], from * width, to * width);
    else if (values instanceof Float64Array || values instanceof BigInt64Array) column.append(values, from * width, to * width);
    else for (let i = from * width; i < to * width; i++) column.push(Number(values[i] ?? Number.NaN));
  }
}

export function createChunkWriter(): ChunkWriter {
  const requestColumns = REQUEST_BLOCKS.map(() => new NumberColumn());
  const [numbers, times, latencies, rows, statuses, releases, protocols, flags, askers, kept] = requestColumns as [
    NumberColumn,
    NumberColumn,
    NumberColumn,
    NumberColumn,
    NumberColumn,
    NumberColumn,
    NumberColumn,
    NumberColumn,
    NumberColumn,
    NumberColumn,
  ];
  const gathered = new Map<ChunkedRelease, GatheredRelease>();
  const callers = new Map<string, number>();
  let order: GatheredRelease[] = [];
  let first = 0;
  let firstAt = 0;
  let lastAt = 0;
  let last = 0;
  let errors = 0;
  let unclaimed = 0;

  const gatheredOf = (release: ChunkedRelease): GatheredRelease => {
    const there = gathered.get(release);
    if (there) return there;
    const made = new GatheredRelease(release);
    gathered.set(release, made);
    order.push(made);
    return made;
  };
  const clear = () => {
    for (const column of requestColumns) column.clear();
    for (const { columns } of order) for (const column of columns) column.clear();
    for (const one of order) one.rows = 0;
    callers.clear();
    errors = 0;
    unclaimed = 0;
    if (order.length > 16) {
      // Releases that came and went.
      gathered.clear();
      order = [];
    }
  };

  return {
    get requests() {
      return numbers.length;
    },
    get unclaimed() {
      return unclaimed;
    },
    get bytes() {
      return order.reduce((sum, { columns }) => columns.reduce((inner, { bytes }) => inner + bytes, sum), numbers.length * 24);
    },
    add(request) {
      if (numbers.length === 0) {
        first = request.number;
        firstAt = lastAt = request.at;
      }
      last = request.number;
      if (request.at > lastAt) lastAt = request.at;
      if (request.at < firstAt) firstAt = request.at;
      let caller = callers.get(request.caller);
      if (caller === undefined) {
        caller = callers.size;
        callers.set(request.caller, caller);
      }
      if (request.status >= 400) errors += 1;
      numbers.push(request.number - first);
      times.push(request.at);
      latencies.push(request.latencyUs);
      rows.push(request.rows);
      statuses.push(request.status);
      releases.push(order.indexOf(gatheredOf(request.release)));
      protocols.push(PROTOCOLS.indexOf(request.protocol));
      flags.push(request.isShadow ? SHADOW : 0);
      askers.push(caller);
      kept.push(request.kept);
      unclaimed -= request.kept;
    },
    keepRows(release, inputs, outputs, scores, from, to) {
      const into = gatheredOf(release);
      const count = release.inputs.length;
      for (let i = 0; i < count; i++) into.append(i, inputs[i], from, to);
      for (let i = 0; i < release.outputs.length; i++) into.append(count + i, outputs[i], from, to);
      if (release.classes) into.append(count + release.outputs.length, scores, from, to);
      into.rows += to - from;
      unclaimed += to - from;
    },
    encode(life) {
      if (numbers.length === 0) return null;
      const blocks: Buffer[] = [];
      const write = (column: LoggedColumn): Block => {
        const { kind, data } = blockOf(column);
        blocks.push(data);
        return { kind, bytes: data.length };
      };
      for (let i = 0; i < times.length; i++) times.values[i] = (times.values[i] as number) - firstAt;
      const head: ChunkHead = {
        format: FORMAT,
        requests: numbers.length,
        firstAt,
        callers: [...callers.keys()],
        blocks: requestColumns.map(write),
        releases: order.map(({ release, rows, columns }) => ({ ...release, rows, blocks: columns.map(write) })),
      };
      const text = Buffer.from(JSON.stringify(head));
      const length = Buffer.alloc(4);
      length.writeUInt32LE(text.length);
      const plain = Buffer.concat([length, text, ...blocks]);
      const told = { life, firstNumber: first, lastNumber: last, firstAt, lastAt, requests: numbers.length, errors };
      clear();
      return deflate(plain, { level: LEVEL }).then((payload) => ({ ...told, payload }));
    },
  };
}
