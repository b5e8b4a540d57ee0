/**
 * Content-addressed storage: a blob is named by the SHA-256 of its bytes, written once and never changed.
 * Streams in and out; no implementation holds a large blob whole in memory.
 */
import type { Readable } from 'node:stream';

/** bytes of a blob that is held in memory and written at once: streams and further calls of the file system cost more than it holds */
export const SMALL_BLOB = 65_536;

export interface StoredBlob {
  /** Lower-case hex SHA-256. */
  digest: string;
  /** bytes */
  size: number;
}

export interface BlobStore {
  /**
   * Stores a stream, or bytes that are here already, and answers after they are durable. Storing the same bytes again changes nothing.
   * Throws an `ENOSPC` error where no space is left, and leaves nothing behind on any failure.
   */
  put: (source: Readable | Buffer) => Promise<StoredBlob>;
  /** Opens a blob, or part of it: `start` and `end` are byte positions, both included. Null where there is none. */
  get: (digest: string, range?: { start: number; end: number }) => Promise<{ stream: Readable; size: number } | null>;
  delete: (digest: string) => Promise<void>;
  /** Every digest held, for the collector. */
  list: () => AsyncIterable<string>;
}
