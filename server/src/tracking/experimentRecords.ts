/** Experiments as clients of other protocols see them: with where their files lie, and without counting their runs. */
import type { PendingQuery, Row } from 'postgres';
import type { Db } from '../core/context.ts';

export interface ExperimentRecord {
  id: string;
  name: string;
  description: string;
  tags: Record<string, string>;
  /** Null: this server, under the experiment's id. */
  artifactLocation: string | null;
  deleted: boolean;
  createdAt: number;
  updatedAt: number;
}

type Fragment = PendingQuery<Row[]>;

/** @param rest on the experiment `e`: a condition, and what may follow it */
export async function findExperimentRecords(db: Db, workspaceId: string, rest: Fragment): Promise<ExperimentRecord[]> {
  const rows = await db<(Omit<ExperimentRecord, 'createdAt' | 'updatedAt'> & { createdAt: Date; updatedAt: Date })[]>`
    select e.id, e.name, e.description, e.tags, e.artifact_location as "artifactLocation", e.deleted_at is not null as deleted,
      e.created_at as "createdAt", e.updated_at as "updatedAt"
    from experiments e where e.workspace_id = ${workspaceId} and ${rest}`;
  return rows.map((row) => ({ ...row, createdAt: row.createdAt.getTime(), updatedAt: row.updatedAt.getTime() }));
}

export async function findExperimentRecord(db: Db, workspaceId: string, id: string): Promise<ExperimentRecord | null> {
  const [found] = await findExperimentRecords(db, workspaceId, db`e.id = ${id}::bigint`);
  return found ?? null;
}

/** The active one, or else the one that was deleted last. */
export async function findExperimentNamed(db: Db, workspaceId: string, name: string): Promise<ExperimentRecord | null> {
  const newest = db`e.name = ${name} order by e.deleted_at desc nulls first, e.id desc limit 1`;
  const [found] = await findExperimentRecords(db, workspaceId, newest);
  return found ?? null;
}
