/**
 * Pages of one history. MLflow's order is by time; the points lie in the order of their steps. Mostly both are one, and the chunks say so;
 * of chunks that were written before they said it, only the points do.
 */
import { type Columns, findStretch, readCurves, sliceColumns } from '../tracking/index.ts';
import type { MlflowContext } from './call.ts';
import { isRunId } from './keys.ts';

interface Page {
  runId: string;
  key: string;
  from: number;
  most: number;
}

/** How many points a series had when they were seen to be in order of time: points are never taken away, so as many are the same ones. */
const inOrderOfTime = new Map<string, number>();
const MOST_REMEMBERED = 10_000;

const nameOf = ({ runId, key }: Pick<Page, 'runId' | 'key'>) => `${runId} ${key}`;

export function rememberInOrder(series: Pick<Page, 'runId' | 'key'>, points: number): void {
  if (inOrderOfTime.size >= MOST_REMEMBERED) inOrderOfTime.clear();
  inOrderOfTime.set(nameOf(series), points);
}

/** Reads no more than the chunks of the page. Null: it is not known to be in order; the whole series says. */
export async function readPage(
  { sql, caller: { workspaceId } }: MlflowContext,
  { runId, key, from, most }: Page,
): Promise<{ points: Columns; total: number } | null> {
  if (!isRunId(runId)) return null;
  const stretch = await findStretch(sql, workspaceId, { runId, key, from, to: from + most });
  if (!stretch) return null;
  if (!stretch.rises && stretch.total !== inOrderOfTime.get(nameOf({ runId, key }))) return null;
  const { fromStep, toStep, before } = stretch;
  const asked = { runIds: [runId], keys: [key], fromStep, toStep, maxPoints: Number.MAX_SAFE_INTEGER };
  const [curve] = await readCurves(sql, workspaceId, asked);
  // Others came in between.
  if (curve?.total !== stretch.points) return null;
  return { points: sliceColumns(curve, from - before, Math.min(curve.total, from - before + most)), total: stretch.total };
}
