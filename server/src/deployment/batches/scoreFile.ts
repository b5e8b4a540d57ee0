/** One batch: rows are read and answers written by a thread (fileThread.ts), the model is asked between both. */

import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Signature } from '@cellkeep/schema/registry';
import type { BlobStore, StoredBlob } from '../../core/blobs.ts';
import { ModelFailure } from '../host/model.ts';
import type { ScoredRows, Scorer } from '../scorer/scorer.ts';
import { type Answers, type Piece, serveCalls } from './threadCalls.ts';

/** MiB of objects that the thread may hold: a file that needs more fails, and the server goes on. */
const MOST_MEMORY = 2_048;
/** Rows that a model refuses before anything is answered, after which it is not asked on. */
const HOPELESS = 64;

export interface FileToScore {
  digest: string;
  name: string;
  signature: Signature;
}

export interface Progress {
  rows: number;
  failed: number;
  total: number | null;
}

export async function scoreFile(
  blobs: BlobStore,
  { digest, name, signature }: FileToScore,
  scorer: Pick<Scorer, 'predict'>,
  { signal, tell }: { signal: AbortSignal; tell: (progress: Progress) => void },
): Promise<StoredBlob & { rows: number; failed: number }> {
  const found = await blobs.get(digest);
  if (!found) throw new Error(`the bytes of ${name} are missing`);
  found.stream.destroy();
  const { size } = found;
  const thread = new Worker(threadFile(), {
    workerData: { size, name, signature },
    resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY },
  });
  const calls = serveCalls(thread, { read: ({ start, end }) => readRange(blobs, digest, start, end) });
  thread.on('error', (error) => calls.end(isTooLarge(error) ? new Error(`its rows need more than ${MOST_MEMORY} MiB at once`) : error));
  thread.on('exit', () => calls.end(new Error('the thread that reads the file has ended')));
  const stop = () => void thread.terminate();
  signal.addEventListener('abort', stop);
  const out = new PassThrough();
  out.on('error', () => {}); // the store tells, once it has removed what it has written
  const stored = blobs.put(out);
  stored.catch(() => {}); // told below
  try {
    signal.throwIfAborted();
    const { rows: total } = (await calls.ask('open')) as { rows: number | null };
    const done: Progress = { rows: 0, failed: 0, total };
    tell(done);
    const asking = new Asking(scorer, signature, signal);
    // The next piece is read while the model answers.
    let ahead = calls.ask('next') as Promise<Piece | null>;
    for (let piece = await ahead; piece; piece = await ahead) {
      ahead = calls.ask('next') as Promise<Piece | null>;
      ahead.catch(() => {}); // told when it is waited for
      const answers = await asking.answer(piece);
      done.rows += piece.count;
      done.failed += answers.errors.filter((error) => error !== null).length;
      await pour(out, (await calls.ask('write', answers)) as Uint8Array | null);
      tell(done);
    }
    await pour(out, (await calls.ask('finish')) as Uint8Array);
    out.end();
    return { ...(await stored), rows: done.rows, failed: done.failed };
  } catch (error) {
    out.destroy(error instanceof Error ? error : new Error(String(error))); // nothing of it is stored
    await stored.catch(() => {});
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', stop);
    await thread.terminate();
  }
}

/** The bundle for a server that is one itself; the sources for one that runs from its sources, where a bundle may be older. */
function threadFile(): URL {
  const source = new URL('./fileThread.ts', import.meta.url);
  const isBundled = basename(process.argv[1] ?? '') === 'cellkeep-server.mjs' || !existsSync(fileURLToPath(source));
  return isBundled ? new URL('../../../dist/cellkeep-batch.mjs', import.meta.url) : source;
}

const isTooLarge = (error: unknown) => (error as { code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY';

async function readRange(blobs: BlobStore, digest: string, start: number, end: number): Promise<Uint8Array> {
  if (end <= start) return new Uint8Array();
  const part = await blobs.get(digest, { start, end: end - 1 });
  if (!part) throw new Error('its bytes are gone');
  const pieces: Uint8Array[] = [];
  for await (const piece of part.stream as Readable) pieces.push(piece as Uint8Array);
  return new Uint8Array(Buffer.concat(pieces));
}

/** Waits where the store is slower; what has broken off is told by the store. */
async function pour(out: PassThrough, bytes: Uint8Array | null): Promise<void> {
  if (!bytes || bytes.length === 0 || out.write(bytes) || out.destroyed) return;
  await new Promise<void>((resolve) => {
    const go = () => {
      out.off('drain', go).off('close', go);
      resolve();
    };
    out.on('drain', go).on('close', go);
  });
}

/** Asks the rows of a piece together; where the model refuses them, those that it does not refuse. */
class Asking {
  private answered = 0;
  private refused = 0;
  private columns: string[] | null = null;
  private readonly scorer: Pick<Scorer, 'predict'>;
  private readonly inputs: string[];
  private readonly signal: AbortSignal;

  constructor(scorer: Pick<Scorer, 'predict'>, { inputs }: Signature, signal: AbortSignal) {
    this.scorer = scorer;
    this.inputs = inputs.map(({ name }) => name);
    this.signal = signal;
  }

  async answer({ rows, errors }: Piece): Promise<Answers> {
    const answers = rows.length > 0 ? await this.ask(rows) : [];
    let asked = 0;
    const all = errors.map((error) => {
      if (error !== null) return error;
      const answer = answers[asked++];
      return typeof answer === 'string' ? answer : null;
    });
    return { columns: this.columns, data: answers.filter((answer) => typeof answer !== 'string') as unknown[][], errors: all };
  }

  /** @returns of each row its answer, or why it has none */
  private async ask(rows: unknown[][]): Promise<(unknown[] | string)[]> {
    this.signal.throwIfAborted();
    try {
      const { columns, data }: ScoredRows = await this.scorer.predict({ columns: this.inputs, data: rows }, this.signal);
      this.columns = columns;
      this.answered += rows.length;
      return data;
    } catch (error) {
      // One bad row fails all that were asked with it. What is gone, or no answer of the model, is not asked about.
      if (this.signal.aborted || !(error instanceof ModelFailure) || error.isGone) throw error;
      if (rows.length === 1) {
        this.refused += 1;
        if (this.answered === 0 && this.refused >= HOPELESS) throw error;
        return [error.message.slice(0, 1_000)];
      }
      const half = Math.ceil(rows.length / 2);
      return [...(await this.ask(rows.slice(0, half))), ...(await this.ask(rows.slice(half)))];
    }
  }
}
