import type { Batch } from '@cellkeep/schema/deployment';
import type { Db } from '../../core/context.ts';

type Times = 'askedAt' | 'startedAt' | 'endedAt';

export interface BatchRow extends Omit<Batch, Times> {
  workspaceId: string;
  userId: string;
  modelId: string;
  inputDigest: string;
  askedAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
}

const columns = (db: Db) => db`
  b.id, b.workspace_id as "workspaceId", b.user_id as "userId", u.name as "userName", b.model_id as "modelId", m.name as "modelName",
  b.version, b.input, b.input_digest as "inputDigest", b.status, b.rows_done::float8 as "rowsDone", b.rows_total::float8 as "rowsTotal",
  b.rows_failed::float8 as "rowsFailed", b.error, b.output, b.asked_at as "askedAt", b.started_at as "startedAt", b.ended_at as "endedAt"`;

/** Of `batches b`, with what they name. */
export const selectBatches = (db: Db) => db`
  select ${columns(db)} from batches b join users u on u.id = b.user_id join registered_models m on m.id = b.model_id`;

export function batchOf(row: BatchRow): Batch {
  const { workspaceId: _w, userId: _u, modelId: _m, inputDigest: _d, ...shown } = row;
  return {
    ...shown,
    askedAt: row.askedAt.getTime(),
    startedAt: row.startedAt?.getTime() ?? null,
    endedAt: row.endedAt?.getTime() ?? null,
  };
}

export const isOpen = ({ status }: Pick<Batch, 'status'>): boolean => status === 'queued' || status === 'running';
export const subjectOf = (id: string): string => `batch:${id}`;
export const askerOf = ({ workspaceId, userId, userName }: BatchRow) => ({ workspaceId, userId, userName });
