/** Every point of a run's series as a table: key, step, time, value. */
import type { Sql } from 'postgres';
import type { Block, TableColumn } from '../../core/tableFormats.ts';
import { readCurves } from '../readHistory.ts';
import { noSuchRun } from '../readRuns.ts';
import { HELD, stretches } from '../stretches.ts';

export interface PointTable {
  columns: TableColumn[];
  total: number;
  blocks: AsyncIterable<Block>;
}

const COLUMNS: TableColumn[] = [
  { name: 'key', type: 'text' },
  { name: 'step', type: 'integer' },
  { name: 'time', type: 'time' },
  { name: 'value', type: 'number' },
];

interface Series {
  key: string;
  count: number;
  id: string;
}

/** `keys`: only these; none: all. */
export async function tableOfPoints(sql: Sql, workspaceId: string, runId: string, keys: readonly string[]): Promise<PointTable> {
  const [run] = await sql`select from runs where id = ${runId} and workspace_id = ${workspaceId}`;
  if (!run) throw noSuchRun(runId, 'runId');
  const series = await sql<Series[]>`
    select key, count::float8 as count, id::text from series
    where run_id = ${runId} ${keys.length > 0 ? sql`and key = any(${[...keys]}::text[])` : sql``} order by key collate "C"`;
  async function* blocks(): AsyncGenerator<Block> {
    for (const { key, id } of series) {
      for await (const [fromStep, toStep] of stretches(sql, id)) {
        const [curve] = await readCurves(sql, workspaceId, {
          runIds: [runId],
          keys: [key],
          fromStep,
          toStep,
          maxPoints: Number.MAX_SAFE_INTEGER,
        });
        const { steps, times, values } = curve ?? { steps: [], times: [], values: [] };
        for (let at = 0; at < steps.length; at += HELD) {
          const part = (column: ArrayLike<number>) => Array.from(column).slice(at, at + HELD);
          const [step, time, value] = [part(steps), part(times), part(values)];
          yield [step.map(() => key), step, time, value];
        }
      }
    }
  }
  return { columns: COLUMNS, total: series.reduce((sum, { count }) => sum + count, 0), blocks: blocks() };
}
