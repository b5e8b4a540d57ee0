/**
 * Micro-batches: the rows of requests that wait go through the model together. One call of a forest of 100 trees takes 26 µs for one row
 * and 50 µs for 16, so whatever arrives while the loop is busy is asked at once; nobody waits longer for it unless a window is set.
 *
 * Fair: a request with more rows than a batch goes through in pieces, and between two pieces it is the turn of whoever waits. A batch that
 * the model refuses is asked again request by request, so that a bad row fails its own request alone.
 */
import { joinAnswers, sliceColumns } from './columns.ts';
import { type Answers, type ColumnValues, type LoadedModel, ModelFailure, type Rows } from './model.ts';

export interface Job {
  /** Rows in `columns`, from `at` on. */
  count: number;
  at: number;
  columns: ColumnValues[];
  /** False once nobody waits for it any more. */
  isWanted: () => boolean;
  /** @param from row of the answers at which its own begin */
  answered: (answers: Answers, from: number) => void;
  failed: (error: unknown) => void;
}

export interface BatcherOptions {
  /** rows of a batch */
  rows: number;
  /** µs to wait for more rows; 0: only what is there goes together. */
  windowUs: number;
}

interface Batch {
  rows: Rows;
  jobs: Job[];
  /** ms of performance.now: when its first job came */
  since: number;
  /** Rows that its columns have room for. */
  capacity: number;
  /** Its columns are the batcher's own, to be used again. */
  isPooled: boolean;
}

interface LargeJob {
  job: Job;
  next: number;
  answers: Answers[];
}

export interface BatchResult {
  rows: Rows;
  answers: Answers;
  jobs: readonly Job[];
}

export class Batcher {
  readonly #model: LoadedModel;
  readonly #makeColumns: (rows: number) => ColumnValues[];
  readonly #options: () => BatcherOptions;
  /** Told of each batch before its jobs are: what looks at all rows looks at them at once. */
  readonly #onBatch: (result: BatchResult) => void;
  readonly #pool: ColumnValues[][] = [];
  #poolRows = 0;
  #open: Batch | null = null;
  #waiting: Batch[] = [];
  #large: LargeJob[] = [];
  #running = 0;
  #isScheduled = false;
  #turnOfLarge = false;
  #closed: Error | null = null;
  #onIdle: (() => void)[] = [];

  constructor(
    model: LoadedModel,
    makeColumns: (rows: number) => ColumnValues[],
    options: () => BatcherOptions,
    onBatch: (result: BatchResult) => void,
  ) {
    this.#model = model;
    this.#makeColumns = makeColumns;
    this.#options = options;
    this.#onBatch = onBatch;
  }

  get isIdle(): boolean {
    // An open batch without a job has only had room for rows that were refused.
    return this.#running === 0 && !this.#open?.jobs.length && this.#waiting.length === 0 && this.#large.length === 0;
  }

  /** Room for the rows of a request, to be filled at once and then given to `add`; what is not added is room again. */
  place(count: number): { columns: ColumnValues[]; at: number } {
    const { rows } = this.#options();
    if (count > rows) return { columns: this.#makeColumns(count), at: 0 };
    const open = this.#open;
    if (open && open.rows.count + count <= this.#poolRows) return { columns: open.rows.columns, at: open.rows.count };
    this.#seal();
    if (this.#poolRows !== rows) {
      this.#pool.length = 0;
      this.#poolRows = rows;
    }
    this.#open = {
      rows: { count: 0, columns: this.#pool.pop() ?? this.#makeColumns(rows) },
      jobs: [],
      since: 0,
      capacity: rows,
      isPooled: true,
    };
    return { columns: this.#open.rows.columns, at: 0 };
  }

  add(job: Job): void {
    if (this.#closed) {
      job.failed(this.#closed);
      return;
    }
    const open = this.#open;
    if (open && job.columns === open.rows.columns) {
      if (open.jobs.length === 0) open.since = performance.now();
      open.jobs.push(job);
      open.rows.count += job.count;
    } else if (job.count > this.#options().rows) this.#large.push({ job, next: 0, answers: [] });
    else this.#waiting.push(batchOf(job));
    this.#schedule();
  }

  /** Answers what waits, then calls no more. */
  async close(): Promise<void> {
    if (!this.isIdle) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
    this.#closed = new ModelFailure('this release is no longer asked', { isGone: true });
    await this.#model.close();
  }

  #seal(): void {
    const open = this.#open;
    this.#open = null;
    if (open && open.jobs.length > 0) this.#waiting.push(open);
    else if (open) this.#recycle(open);
  }

  /** @param wait µs */
  #schedule(wait = 0): void {
    if (this.#isScheduled || this.#running >= Math.max(1, this.#model.parallel)) return;
    this.#isScheduled = true;
    const run = () => {
      this.#isScheduled = false;
      this.#run();
    };
    // Timers count whole milliseconds: for the rest of a window, and for none, the loop's next turn.
    if (wait < 2_000) setImmediate(run);
    else setTimeout(run, Math.floor(wait / 1_000) - 1);
  }

  #run(): void {
    const left = this.#leftOfWindow();
    if (left <= 0) this.#seal();
    this.#startNext();
    if (this.#waiting.length > 0 || this.#large.length > 0) this.#schedule();
    else if (this.#open?.jobs.length) this.#schedule(left);
    else if (this.isIdle) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  /** µs for which the open batch may still wait for more rows. */
  #leftOfWindow(): number {
    const { rows, windowUs } = this.#options();
    const open = this.#open;
    if (!open?.jobs.length) return 1;
    if (windowUs === 0) return this.#waiting.length > 0 ? 1 : 0;
    return open.rows.count >= rows ? 0 : windowUs - (performance.now() - open.since) * 1_000;
  }

  #startNext(): void {
    const takesLarge = this.#large.length > 0 && (this.#turnOfLarge || this.#waiting.length === 0);
    this.#turnOfLarge = !takesLarge;
    if (takesLarge) this.#startPiece(this.#large.shift() as LargeJob);
    else {
      const batch = this.#waiting.shift();
      if (batch) this.#startBatch(batch);
    }
  }

  #startBatch(batch: Batch): void {
    const { jobs, rows } = batch;
    if (!jobs.some((job) => job.isWanted())) {
      this.#recycle(batch);
      return;
    }
    if (jobs.length > 1 && this.#model.gathers) {
      for (const job of jobs) this.#startBatch(batchOf(aloneOf(job, batch)));
      this.#recycle(batch);
      return;
    }
    const given: Rows = { count: rows.count, columns: sliceColumns(rows.columns, 0, rows.count, batch.capacity) };
    this.#ask(given, jobs, {
      answered: (answers) => {
        this.#onBatch({ rows: given, answers, jobs });
        for (const job of jobs) job.answered(answers, job.at);
        this.#recycle(batch);
      },
      failed: (error) => {
        const isAlone = jobs.length === 1 || (error instanceof ModelFailure && error.isGone);
        for (const job of jobs) {
          if (isAlone) job.failed(error);
          else this.#waiting.push(batchOf(aloneOf(job, batch)));
        }
        this.#recycle(batch);
      },
    });
  }

  #startPiece(large: LargeJob): void {
    const { job, next } = large;
    if (!job.isWanted()) return;
    const count = Math.min(this.#options().rows, job.count - next);
    const given: Rows = { count, columns: sliceColumns(job.columns, next, next + count, job.count) };
    large.next += count;
    this.#ask(given, [job], {
      answered: (answers) => {
        large.answers.push(answers);
        if (large.next < job.count) {
          this.#large.push(large);
          return;
        }
        const whole = joinAnswers(large.answers);
        this.#onBatch({ rows: { count: job.count, columns: job.columns }, answers: whole, jobs: [job] });
        job.answered(whole, 0);
      },
      failed: (error) => job.failed(error),
    });
  }

  #ask(
    rows: Rows,
    jobs: readonly Job[],
    { answered, failed }: { answered: (answers: Answers) => void; failed: (error: unknown) => void },
  ): void {
    this.#running += 1;
    const done = () => {
      this.#running -= 1;
      if (this.isIdle) for (const resolve of this.#onIdle.splice(0)) resolve();
      else this.#schedule();
    };
    let given: Answers | Promise<Answers>;
    // Only what takes its time can be given up.
    const giveUp = this.#model.bundle.runtime === 'onnx' ? null : new AbortController();
    try {
      given = this.#model.predict(rows, giveUp?.signal);
    } catch (error) {
      failed(error);
      done();
      return;
    }
    if (!(given instanceof Promise)) {
      answered(given);
      done();
      return;
    }
    const look = giveUp && setInterval(() => jobs.every((job) => !job.isWanted()) && giveUp.abort(), 100);
    given.then(answered, failed).finally(() => {
      if (look) clearInterval(look);
      done();
    });
  }

  #recycle({ isPooled, capacity, rows: { columns } }: Batch): void {
    if (isPooled && this.#pool.length < 8 && capacity === this.#poolRows) this.#pool.push(columns);
  }
}

const batchOf = (job: Job): Batch => {
  return { rows: { count: job.count, columns: job.columns }, jobs: [job], since: 0, capacity: job.count, isPooled: false };
};

/** The job with rows of its own: its batch is used again. */
function aloneOf(job: Job, { rows: { columns }, capacity }: Batch): Job {
  const own = columns.map((values) => {
    const width = values.length / capacity;
    return values.slice(job.at * width, (job.at + job.count) * width) as ColumnValues;
  });
  return Object.assign(job, { columns: own, at: 0 });
}
