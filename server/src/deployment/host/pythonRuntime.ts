/**
 * Models that need Python: in one or several processes, each in the model's own locked environment. Requests are gathered in the pool
 * (python/pool.ts), which knows which of them went together when something fails: give it each request as a call of its own.
 */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import type { Bundle } from '@cellkeep/schema/registry';
import { jsonRows } from '../explain/jsonRows.ts';
import { type LoadModel, ModelFailure } from './model.ts';
import { environmentOfModel } from './python/environment.ts';
import { openPool, type Pool } from './python/pool.ts';
import { type PythonWorker, startWorker } from './python/worker.ts';

export interface PythonOptions {
  /** Interpreter with the package cellkeep; empty: none is known here. */
  python: string;
  /** Python processes of one release in one host. */
  workers: number;
  /** MiB that a worker may take. */
  memoryMiB: number;
  /** Folder for environments and the scratch folders of workers. */
  cache: string;
  /** What a worker writes, line by line. */
  say: (line: string, stream: 'out' | 'err' | 'host') => void;
  /** ms that a request may run in a worker. */
  deadlineMs?: () => number;
  /** Rows that go through the model at once. */
  batchRows?: () => number;
}

/** Calls that wait in a pool; the host has its own limit of requests. */
const PARALLEL = 100_000;
const [deadline, rowsAtOnce] = [() => 30_000, () => 256];

export function createPythonRuntime(options: PythonOptions): LoadModel {
  return async (bundle, folder) => {
    const { pool, forget } = await load(options, bundle, resolve(folder));
    return {
      bundle,
      parallel: PARALLEL,
      gathers: true,
      predict: pool.ask,
      async close() {
        await pool.close();
        await forget();
      },
    };
  };
}

/** @returns the pool too, for tests that look at its processes */
export async function load(options: PythonOptions, bundle: Bundle, folder: string): Promise<{ pool: Pool; forget: () => Promise<void> }> {
  const { workers, memoryMiB, cache, say, deadlineMs = deadline, batchRows = rowsAtOnce } = options;
  await mkdir(cache, { recursive: true, mode: 0o700 });
  const found = await environmentOfModel(bundle, folder, { python: options.python, cache, say: (line) => say(line, 'host') });
  if (found.environment === 'rebuilt') say(`its environment was built: ${found.python}`, 'host');
  const scratch = await mkdtemp(join(cache, `worker-${process.pid}-`));
  const forget = () => rm(scratch, { recursive: true, force: true });
  const memory = memoryMiB * 1024 ** 2;
  const threads = Math.max(1, Math.floor(availableParallelism() / workers));
  const start = async () => {
    const own = await mkdtemp(join(scratch, 'w'));
    const worker = startWorker({ bundle, folder, python: found.python, code: found.folder, scratch: own, memory, threads, say });
    void worker.gone.then(() => rm(own, { recursive: true, force: true }).catch(() => {})); // what it left open goes with the whole
    return worker;
  };
  try {
    const warm = await warmer(bundle, folder);
    const limits = () => ({ deadlineMs: deadlineMs(), batchRows: batchRows(), memory });
    return { pool: await openPool({ workers, limits, start, warm, say: (line) => say(line, 'host') }), forget };
  } catch (error) {
    await forget();
    throw error;
  }
}

/** The first answer takes longest: what a library loads late is loaded by the example's first row. */
async function warmer({ example, signature }: Bundle, folder: string): Promise<(worker: PythonWorker) => Promise<void>> {
  if (example === null) return async () => {};
  const { columns, data } = JSON.parse(await readFile(join(folder, example), 'utf8')) as { columns: string[]; data: unknown[][] };
  const rows = jsonRows(signature, columns, data.slice(0, 1));
  return async (worker) => {
    if (rows.count === 0) return;
    await worker.ask([rows]).catch((error: unknown) => {
      const { message } = error as Error;
      throw new ModelFailure(`the model fails on its own example: ${message}`, { cause: error });
    });
  };
}
