/** The runs that a filter finds as a table, page after page of one search. */
import type { Run, SearchInput } from '@cellkeep/schema/tracking';
import { fromWire } from '@cellkeep/schema/wire';
import type { CallContext } from '../../core/context.ts';
import { failure } from '../../core/failure.ts';
import type { Block, Cell, TableColumn } from '../../core/tableFormats.ts';
import { readRuns, type Wanted } from '../readRuns.ts';
import { type Field, fieldAlone, runKeys, searchAndRead } from '../search/index.ts';

interface RunColumn extends TableColumn {
  field: Field;
  cellOf: (run: Run) => Cell;
}

export interface RunTable {
  columns: TableColumn[];
  /** Rows, as counted at the beginning. */
  total: number;
  blocks: AsyncIterable<Block>;
}

const PAGE = 1_000;
const ALWAYS = ['id', 'name', 'experiment', 'status', 'started_at', 'ended_at', 'duration', 'user', 'notebook', 'parent_run_id'];

/** `columns`: fields as in an order ("params.lr", "metrics.loss.min", "name"); none: the attributes and every key that is in use. */
export async function tableOfRuns(
  context: CallContext,
  scope: Omit<SearchInput, 'limit' | 'cursor' | 'offset' | 'count'>,
  chosen: readonly string[],
): Promise<RunTable> {
  const { sql, caller, now } = context;
  const { workspaceId, userId } = caller;
  const names = chosen.length > 0 ? chosen : [...ALWAYS, ...(await keysInUse(context, scope.experimentIds))];
  const columns = names.map((name, i) => columnOf(name, `column[${i}]`));
  const wanted = wantedOf(columns.map(({ field }) => field));
  const started = now();
  const page = (cursor: string | undefined) =>
    searchAndRead(
      sql,
      workspaceId,
      { ...scope, userId, limit: PAGE, offset: 0, cursor, count: 'exact' },
      (ids) => readRuns(sql, workspaceId, ids, wanted),
      started,
    );
  const first = await page(undefined); // what is wrong with the filter is said before anything is sent
  async function* blocks(): AsyncGenerator<Block> {
    for (let found = first; ; ) {
      const { read: runs, nextCursor } = found;
      yield columns.map(({ cellOf }) => runs.map(cellOf));
      if (nextCursor === null) return;
      found = await page(nextCursor);
    }
  }
  return { columns, total: first.total, blocks: blocks() };
}

async function keysInUse({ sql, caller }: CallContext, experimentIds: string[] | undefined): Promise<string[]> {
  const { metrics, params, tags } = await runKeys(sql, caller.workspaceId, experimentIds, true);
  const named = (group: string, keys: string[]) => keys.map((key) => `${group}."${key.replaceAll('"', '""')}"`);
  return [...named('params', params), ...named('metrics', metrics), ...named('tags', tags)];
}

/** Only what the columns show is read. */
function wantedOf(fields: Field[]): Wanted {
  const keys = (of: 'metric' | 'param' | 'tag') =>
    fields.flatMap((field) => (field.of !== of ? [] : field.of === 'metric' && field.orElse ? [field.key, field.orElse.key] : [field.key]));
  const details = fields.some((field) => field.of === 'attribute' && ['notes', 'cell'].includes(field.name));
  return { metrics: keys('metric'), params: keys('param'), tags: keys('tag'), details };
}

function columnOf(written: string, at: string): RunColumn {
  const field = fieldAlone(written);
  if (!('of' in field)) throw failure('BAD_REQUEST', { field: at, ...field });
  switch (field.of) {
    case 'param':
      return { field, name: `params.${field.key}`, type: 'text', cellOf: ({ params }) => own(params, field.key) };
    case 'tag':
      return { field, name: `tags.${field.key}`, type: 'text', cellOf: ({ tags }) => own(tags, field.key) };
    case 'metric':
      return { field, name: `metrics.${field.key}`, type: 'number', cellOf: (run) => metricOf(run, field) };
    case 'dataset':
      throw failure('BAD_REQUEST', { field: at, reason: 'a run may have several datasets, and no column for them' });
    case 'attribute':
      return { field, name: field.name, ...attributeColumn(field.name) };
  }
}

const own = <T>(record: Record<string, T>, key: string): T | null => (Object.hasOwn(record, key) ? (record[key] ?? null) : null);

/** A metric of that very name before another one's summary, run by run. */
function metricOf({ metrics }: Run, { key, orElse }: Extract<Field, { of: 'metric' }>): number | null {
  const named = own(metrics, key);
  if (named) return fromWire(named.last);
  const summary = orElse ? own(metrics, orElse.key) : null;
  return summary && orElse ? fromWire(summary[orElse.stat]) : null;
}

type AttributeName = Extract<Field, { of: 'attribute' }>['name'];

function attributeColumn(name: AttributeName): Pick<RunColumn, 'type' | 'cellOf'> {
  const text = (cellOf: (run: Run) => Cell): Pick<RunColumn, 'type' | 'cellOf'> => ({ type: 'text', cellOf });
  switch (name) {
    case 'id':
    case 'name':
    case 'status':
    case 'notes':
      return text((run) => run[name]);
    case 'experiment':
      return text((run) => run.experimentName);
    case 'user':
      return text((run) => run.user);
    case 'notebook':
      return text((run) => run.source.notebookPath);
    case 'cell':
      return text((run) => run.source.cellId);
    case 'verdict':
      return text((run) => run.verdict?.status ?? null);
    case 'parent_run_id':
      return text((run) => run.parentRunId);
    case 'started_at':
      return { type: 'time', cellOf: (run) => run.startedAt };
    case 'ended_at':
      return { type: 'time', cellOf: (run) => run.endedAt };
    case 'duration': // seconds
      return { type: 'number', cellOf: (run) => (run.endedAt === null ? null : (run.endedAt - run.startedAt) / 1_000) };
  }
}
