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
  if (!release) return { releaseId: null, rows: 0, columns: [] };
  const [observed, trained] = await Promise.all([
    spreadOf(sql, [release.id], { since: from, until: to }),
    readBaseline(context, caller.workspaceId, release.loggedModelId),
  ]);
  const columns = observed.map((column): ColumnCounts => {
    const expected = trained.get(`${column.kind} ${column.name}`)?.counts ?? [];
    return { ...column, expected, psi: populationStability(expected, column.counts) };
  });
  const rows = observed.reduce((most, { missing, counts }) => Math.max(most, missing + counts.reduce((sum, count) => sum + count, 0)), 0);
  return { releaseId: release.id, rows, columns };
}

/** The live one with the greatest share. */
async function mostAsked(db: Db, endpointId: string): Promise<NamedRelease | null> {
  const answering = inTraffic(await readReleases(db, [endpointId], { others: 0 }));
  return answering.sort((a, b) => b.weight - a.weight || b.number - a.number)[0] ?? null;
}
