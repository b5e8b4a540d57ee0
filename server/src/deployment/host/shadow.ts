/** A shadow is asked what the live release was asked, behind its answers. What it says is compared, counted and logged, never returned. */
import type { Asking } from './asking.ts';
import type { BatchResult, Job } from './batcher.ts';
import type { Answers, ColumnValues } from './model.ts';
import type { RequestLog } from './requestLog.ts';
import type { ServedRelease } from './served.ts';

/** Rows that may wait for a shadow; a shadow that is slower than the live release is asked a part of it, and the rest counts as failed. */
const MOST_WAITING = 20_000;
/** Relative difference up to which two numbers are the same. */
const TOLERANCE = 1e-6;

const waiting = new WeakMap<ServedRelease, number>();

export function askShadow(shadow: ServedRelease, live: ServedRelease, { rows, answers, jobs }: BatchResult, log: RequestLog): void {
  const there = waiting.get(shadow) ?? 0;
  const columns = there + rows.count > MOST_WAITING ? null : columnsFor(shadow, live, rows.columns, rows.count);
  if (!columns) {
    shadow.counters.shadowFailed(jobs.length);
    return;
  }
  waiting.set(shadow, there + rows.count);
  const since = performance.now();
  const done = () => waiting.set(shadow, (waiting.get(shadow) ?? 0) - rows.count);
  const entries = jobs as readonly Asking[];
  const logOne = (asking: Asking, status: number, isKept: boolean) => {
    const latencyUs = Math.round((performance.now() - since) * 1_000);
    shadow.counters.answered(status, status === 200 ? asking.count : 0, latencyUs);
    log.add({
      ...{ number: log.next().number, at: Date.now(), release: shadow.chunked, latencyUs, rows: status === 200 ? asking.count : 0, status },
      ...{ protocol: asking.protocol, isShadow: true, caller: asking.caller, kept: isKept ? asking.count : 0 },
    });
  };
  const job: Job = {
    count: rows.count,
    at: 0,
    columns,
    isWanted: () => true,
    answered(own, from) {
      done();
      const isKept = entries.every((asking) => asking.isKept);
      log.makeRoom();
      if (isKept) log.keepRows(shadow.chunked, { count: rows.count, columns }, own, from, from + rows.count);
      shadow.counters.compared(rows.count, differingRows(answers, own, from, rows.count));
      for (const asking of entries) logOne(asking, 200, isKept);
    },
    failed() {
      done();
      log.makeRoom();
      shadow.counters.shadowFailed(jobs.length);
      for (const asking of entries) logOne(asking, 500, false);
    },
  };
  setImmediate(() => shadow.batcher.add(job));
}

/** The inputs that both have by name; copied, since the live batch is used again. Null where the shadow needs one that is not there. */
function columnsFor(shadow: ServedRelease, live: ServedRelease, columns: readonly ColumnValues[], rows: number): ColumnValues[] | null {
  const made: ColumnValues[] = [];
  for (const { name, column, make, width } of shadow.readers) {
    const from = live.readers.findIndex((reader) => reader.name === name && reader.width === width);
    const values = columns[from];
    if (!values) {
      if (column.required) return null;
      const empty = make(rows);
      if (empty instanceof Float64Array) empty.fill(Number.NaN);
      made.push(empty);
      continue;
    }
    if (Array.isArray(make(0)) !== Array.isArray(values)) return null;
    made.push(values.slice() as ColumnValues);
  }
  return made;
}

/** Rows with another label, or a number that differs by more than the tolerance. */
export function differingRows(live: Answers, shadow: Answers, from: number, rows: number): number {
  let differing = 0;
  for (let row = 0; row < rows; row++) {
    const same =
      live.columns.every((column, c) => sameValues(column, shadow.columns[c], row, from + row, rows)) &&
      sameScores(live, shadow, row, from, rows);
    if (!same) differing += 1;
  }
  return differing;
}

function sameValues(a: ColumnValues, b: ColumnValues | undefined, rowA: number, rowB: number, rows: number): boolean {
  if (!b) return false;
  const width = Math.max(1, a.length / Math.max(rows, 1));
  for (let i = 0; i < width; i++) if (!same(a[rowA * width + i], b[rowB * width + i])) return false;
  return true;
}

function sameScores(live: Answers, shadow: Answers, row: number, from: number, rows: number): boolean {
  if (!live.scores || !shadow.scores) return true;
  const width = live.scores.length / Math.max(rows, 1);
  for (let k = 0; k < width; k++) if (!same(live.scores[row * width + k], shadow.scores[(from + row) * width + k])) return false;
  return true;
}

function same(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number')
    return a === b || (Number.isNaN(a) && Number.isNaN(b)) || Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a));
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  return a === b;
}
