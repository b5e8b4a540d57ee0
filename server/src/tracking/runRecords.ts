/** Runs as clients of other protocols see them, read for many at once: the run, the last point of each of its metrics, and what it read. */
import type { Db } from '../core/context.ts';
import { readInputs } from './datasets.ts';
import { type RecordsRow, type RunRecord, recordsIn, recordsReading } from './recordsRow.ts';
import { type Fragment, findRuns, type RunQuery } from './search/index.ts';

export interface RunPage {
  records: RunRecord[];
  /** Of the fragment that was given, for all runs. */
  also: unknown[];
}

/** What else is read: `also` is a list as JSON, null where it is empty, of the runs whose ids are the `run_id` of a table `page`. */
interface Reading {
  also?: Fragment;
  /** Without metrics and inputs. */
  bare?: boolean;
}

/** Runs in one row: their notes and documents together stay far below what a text may hold. */
const RUNS_PER_ROW = 500;

/** In the order of the ids; one that is not there is left out. */
export async function readRunRecords(db: Db, workspaceId: string, ids: readonly string[], reading: Reading = {}): Promise<RunPage> {
  const rows: RecordsRow[] = [];
  const { columns, row } = recordsReading(db, reading);
  for (let from = 0; from < ids.length; from += RUNS_PER_ROW) {
    rows.push(
      ...(await db<RecordsRow[]>`
        with page as materialized (
          select replace(r.id::text, '-', '') as id, ${columns}
          from unnest(${ids.slice(from, from + RUNS_PER_ROW)}::uuid[]) with ordinality as w (id, place)
          join runs r on r.id = w.id and r.workspace_id = ${workspaceId} order by w.place
        )
        ${row}`),
    );
  }
  return pageOf(db, rows, reading.bare);
}

/** Finds, orders and reads: in one statement where a page is found by one. */
export async function findRunRecords(
  db: Db,
  workspaceId: string,
  query: RunQuery,
  also?: Fragment,
): Promise<RunPage & { isMore: boolean }> {
  const reading = query.limit <= RUNS_PER_ROW ? recordsReading(db, { also }) : undefined;
  const found = await findRuns<RecordsRow>(db, { ...query, limit: query.limit + 1 }, reading);
  const isMore = found.ids.length > query.limit;
  const page = found.read
    ? await pageOf(db, [found.read])
    : await readRunRecords(db, workspaceId, found.ids.slice(0, query.limit), { also });
  return { ...page, records: page.records.slice(0, query.limit), isMore };
}

async function pageOf(db: Db, rows: readonly RecordsRow[], bare = false): Promise<RunPage> {
  const records = rows.flatMap(recordsIn);
  const readers = bare ? [] : rows.flatMap(({ reading }) => reading ?? []);
  if (readers.length > 0) {
    const inputs = await readInputs(db, readers);
    for (const record of records) record.inputs = inputs.get(record.id) ?? [];
  }
  return { records, also: rows.flatMap(({ also }) => also ?? []) };
}
