/** How features and predictions of a release spread, beside how they did in training: in the bins of the bundle's baseline. */
import type { ColumnCounts } from '@cellkeep/schema/deployment';
import type { CallContext, Db } from '../../core/context.ts';
import { requireEndpoint } from '../endpoints/readEndpoints.ts';
import { populationStability } from '../predictionLog/index.ts';
import { inTraffic } from '../releases/moves.ts';
import { readReleases } from '../releases/releaseRows.ts';
import { spreadOf } from './counts.ts';
import { readBaseline } from './readBaseline.ts';
import { type NamedRelease, requireReleaseOf } from './releaseOfEndpoint.ts';

interface Asked {
  name: string;
  from?: number;
  to?: number;
  releaseId?: string;
}

export async function readDrift(context: CallContext, { name, from, to, releaseId }: Asked) {
  const { sql, caller } = context;
  const endpoint = await requireEndpoint(sql, caller.workspaceId, name);
  const release =
    releaseId === undefined ? await mostAsked(sql, endpoint.id) : await requireReleaseOf(sql, endpoint, releaseId, 'releaseId');
  if (!release) return { releaseId: null, rows: 0, baseline: null, columns: [] };
  const [observed, known] = await Promise.all([
    spreadOf(sql, [release.id], { since: from, until: to }),
    readBaseline(context, caller.workspaceId, release.loggedModelId),
  ]);
  const columns = observed.map((column): ColumnCounts => {
    const expected = known?.columns.get(`${column.kind} ${column.name}`)?.counts ?? [];
    // A handful of example rows say nothing of how training spread.
    return { ...column, expected, psi: known?.of === 'training' ? populationStability(expected, column.counts) : null };
  });
  const rows = observed.reduce((most, { missing, counts }) => Math.max(most, missing + counts.reduce((sum, count) => sum + count, 0)), 0);
  return { releaseId: release.id, rows, baseline: known && { of: known.of, rows: known.rows }, columns };
}

/** The live one with the greatest share. */
async function mostAsked(db: Db, endpointId: string): Promise<NamedRelease | null> {
  const answering = inTraffic(await readReleases(db, [endpointId], { others: 0 }));
  return answering.sort((a, b) => b.weight - a.weight || b.number - a.number)[0] ?? null;
}
