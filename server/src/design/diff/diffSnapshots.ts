import type { CellEntry, Environment, SnapshotDiff } from '@cellkeep/schema/design';
import { toWire } from '@cellkeep/schema/wire';
import type { CallContext } from '../../core/context.ts';
import { findParts } from '../parts.ts';
import { readOutline, readText } from '../readPart.ts';
import { ownRuns, requireHalves, requireSummary } from '../readSnapshots.ts';
import { alignCells, type Sources } from './alignCells.ts';
import { compareKernels, compareMachines, compareNamed, comparePackages } from './compareValues.ts';

type Context = Pick<CallContext, 'sql' | 'blobs' | 'caller'>;

/** Cells whose likeness is looked at, and how large they may be: what is more is told as added and removed. */
const MOST_LIKE = 10_000;
const LARGEST_LIKE = 64 * 1024; // bytes
const AT_ONCE = 500;

export async function diffSnapshots(context: Context, ids: { before: string; after: string }): Promise<SnapshotDiff> {
  const [before, after] = [await readSide(context, ids.before, 'before'), await readSide(context, ids.after, 'after')];
  const cells = await alignCells(before.cells, after.cells, (digests) => sourcesOf(context, digests));
  const counts = { same: 0, edited: 0, outputs: 0, moved: 0, added: 0, removed: 0 };
  for (const { change } of cells) counts[change] += 1;
  const runs = before.run && after.run ? { before: before.run, after: after.run } : null;
  return {
    before: before.summary,
    after: after.summary,
    cells,
    counts,
    packages: comparePackages(before.environment, after.environment),
    machine: compareMachines(before.environment, after.environment),
    ...compareKernels(before.kernel, after.kernel),
    params: runs ? compareNamed(runs.before.params, runs.after.params) : [],
    metrics: runs ? compareNamed(runs.before.metrics, runs.after.metrics) : [],
  };
}

async function readSide(context: Context, id: string, field: string) {
  const { sql, caller } = context;
  const { workspaceId } = caller;
  const summary = await requireSummary(sql, workspaceId, id, field);
  const { kernel, document } = await requireHalves(sql, workspaceId, id, field);
  const [row] = kernel?.environment
    ? await sql<{ body: Environment }[]>`
        select body from environments where workspace_id = ${workspaceId} and digest = decode(${kernel.environment}, 'hex')`
    : [];
  const cells: CellEntry[] = document?.cells ?? [];
  return { summary, kernel, cells, environment: row?.body ?? null, run: await readRun(context, id) };
}

/** The last that was started of its runs: of several in one cell, the one that the notebook shows. */
async function readRun({ sql, caller }: Context, snapshotId: string) {
  const [run] = await sql<{ id: string; params: Record<string, string> }[]>`
    select r.id, r.params from ${ownRuns(sql)}
    where x.snapshot_id = ${snapshotId} and r.workspace_id = ${caller.workspaceId} and r.deleted_at is null
    order by r.started_at desc, r.id limit 1`;
  if (!run) return null;
  const metrics = await sql<{ key: string; last: number }[]>`select key, last from series where run_id = ${run.id}`;
  return { params: new Map(Object.entries(run.params)), metrics: new Map(metrics.map(({ key, last }) => [key, String(toWire(last))])) };
}

async function sourcesOf({ sql, blobs, caller }: Context, digests: Set<string>): Promise<Sources> {
  const sources = new Map<string, string>();
  const wanted = [...digests].slice(0, MOST_LIKE);
  for (let from = 0; from < wanted.length; from += AT_ONCE) {
    for (const [digest, part] of await findParts(sql, caller.workspaceId, wanted.slice(from, from + AT_ONCE))) {
      if (part.size > LARGEST_LIKE) continue;
      const outline = await readOutline(blobs, part);
      sources.set(digest, await readText(blobs, part, outline?.members.get('source')));
    }
  }
  return sources;
}
