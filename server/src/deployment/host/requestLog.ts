/**
 * What was answered, on its way to the database. Requests gather in a chunk; chunks are deflated and written behind the answers, so that no
 * request ever waits. While the database is away a bounded amount is kept, then the oldest chunk goes, and how much went is counted.
 */
import type { Sql } from 'postgres';
import { type ChunkedRelease, type ChunkRequest, createChunkWriter, type EncodedChunk, newLife } from '../predictionLog/index.ts';
import { NUMBERS_OF_A_LIFE } from '../predictionLog/predictionId.ts';
import type { Answers, Rows } from './model.ts';

/** A chunk is written when it has so many requests or bytes, or when `flush` is called. */
const MOST_REQUESTS = 32_768;
const MOST_BYTES = 8 * 1024 * 1024;
const MOST_WAITING = 64 * 1024 * 1024;

export interface RequestLog {
  /** The place of the next request, which must then be added. */
  next: () => { life: number; number: number };
  add: (request: ChunkRequest) => void;
  /** Begins another chunk where this one is full; never between rows and their requests, which come after them. */
  makeRoom: () => void;
  keepRows: (release: ChunkedRelease, rows: Rows, answers: Answers, from: number, to: number) => void;
  /** Writes what there is. @throws where the database is away; what was not written stays. */
  flush: () => Promise<void>;
  /** Requests that were answered and are not in the log, since the last call. */
  takeDropped: () => number;
  /** bytes that wait */
  readonly waiting: number;
}

/** @param most bytes of chunks that wait for the database */
export function createRequestLog(sql: Sql, endpointId: string, most = MOST_WAITING): RequestLog {
  const writer = createChunkWriter();
  let life = newLife();
  let number = 0;
  let queue: EncodedChunk[] = [];
  let waiting = 0;
  let dropped = 0;
  let encoding: Promise<void> = Promise.resolve();
  let writing: Promise<void> | null = null;

  const encode = () => {
    const chunk = writer.encode(life);
    if (!chunk) return;
    // One after another: their order is that of their numbers.
    encoding = Promise.all([encoding, chunk]).then(([, made]) => {
      queue.push(made);
      waiting += made.payload.length;
      while (waiting > most && queue.length > 1) {
        const oldest = queue.shift() as EncodedChunk;
        waiting -= oldest.payload.length;
        dropped += oldest.requests;
      }
    });
  };

  async function write(): Promise<void> {
    encode();
    await encoding;
    for (let chunk = queue[0]; chunk; chunk = queue[0]) {
      await insert(sql, endpointId, chunk);
      // It may have been dropped meanwhile.
      if (queue[0] === chunk) {
        queue = queue.slice(1);
        waiting -= chunk.payload.length;
      }
    }
  }

  return {
    get waiting() {
      return waiting;
    },
    next: () => ({ life, number: number++ }),
    add: writer.add,
    makeRoom() {
      if (writer.unclaimed > 0) return;
      if (number >= NUMBERS_OF_A_LIFE - MOST_REQUESTS) {
        encode();
        life = newLife();
        number = 0;
      } else if (writer.requests >= MOST_REQUESTS || writer.bytes > MOST_BYTES) encode();
    },
    keepRows(release, rows, answers, from, to) {
      writer.keepRows(release, rows.columns, answers.columns, answers.scores, from, to);
    },
    async flush() {
      writing ??= write().finally(() => {
        writing = null;
      });
      await writing;
    },
    takeDropped() {
      const taken = dropped;
      dropped = 0;
      return taken;
    },
  };
}

async function insert(sql: Sql, endpointId: string, chunk: EncodedChunk): Promise<void> {
  await sql`
    insert into prediction_chunks (life, first_number, last_number, endpoint_id, first_at, last_at, requests, errors, payload)
    values (${chunk.life}, ${chunk.firstNumber}, ${chunk.lastNumber}, ${endpointId}, ${Math.floor(chunk.firstAt)}, ${Math.floor(chunk.lastAt)},
      ${chunk.requests}, ${chunk.errors}, ${chunk.payload})
    on conflict do nothing`; // it was written, and only the answer got lost
}
