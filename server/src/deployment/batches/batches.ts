/** Batches: asked for, shown, stopped. What is asked for waits in this table. */
import { randomUUID } from 'node:crypto';
import type { Batch, batchStart } from '@cellkeep/schema/deployment';
import type { JSONValue, Sql } from 'postgres';
import type { z } from 'zod';
import { requireRole } from '../../access/index.ts';
import type { FindReferences } from '../../core/collectBlobs.ts';
import type { CallContext, Db } from '../../core/context.ts';
import { cursorOf, readCursor } from '../../core/cursor.ts';
import { appendEvent, canonicalJson } from '../../core/events.ts';
import { failure } from '../../core/failure.ts';
import { addEdges } from '../../core/lineage.ts';
import { findAny } from '../../tracking/index.ts';
import { requireServed } from '../promotions/promotionSource.ts';
import { requireServable } from '../releases/servable.ts';
import { type BatchRow, batchOf, isOpen, selectBatches, subjectOf } from './batchRows.ts';

type BatchStart = z.infer<typeof batchStart>;

/** Queued ones of a workspace. */
const MOST_QUEUED = 1_000;

export async function startBatch(context: CallContext, asked: BatchStart): Promise<Batch> {
  requireRole(context, 'editor');
  const { sql, caller, now } = context;
  const { modelName, version, input, trustUser = null } = asked;
  const there = asked.id === undefined ? null : await findBatch(sql, caller.workspaceId, asked.id);
  if (there) return batchOf(requireSame(there, asked));
  await requireServed(sql, caller, { modelName, version, trustUser });
  const { modelId } = await requireServable(sql, caller.workspaceId, { modelName, version });
  const stored = input.kind === 'artifact' ? await digestOfArtifact(context, input) : null;
  const id = asked.id ?? randomUUID();
  await sql.begin(async (tx) => {
    const digest = stored ?? (await requireNamed(tx, caller.workspaceId, input));
    const [waiting] = await tx<{ queued: number }[]>`
      select count(*)::int as queued from batches where status = 'queued' and workspace_id = ${caller.workspaceId}`;
    if ((waiting?.queued ?? 0) >= MOST_QUEUED) {
      const remedy = 'wait for them, or cancel some';
      throw failure('CONFLICT', { field: '', reason: `${MOST_QUEUED} batches wait on this server already`, remedy });
    }
    const inserted = await tx`
      insert into batches (id, workspace_id, model_id, version, input, input_digest, status, user_id, asked_at)
      values (${id}, ${caller.workspaceId}, ${modelId}, ${version}, ${tx.json(input as unknown as JSONValue)}, ${digest}, 'queued',
        ${caller.userId}, ${new Date(now())})
      on conflict (id) do nothing returning id`;
    if (inserted.length === 0) throw failure('CONFLICT', { field: 'id', reason: `the id ${id} is taken`, remedy: 'choose another one' });
    const data = { model: modelName, version, input, ...(trustUser === null ? {} : { trustUser }) };
    await appendEvent(tx, caller, { what: 'batch.asked', subject: subjectOf(id), data });
    await addEdges(tx, caller.workspaceId, [
      { from: `model-version:${modelId}/${version}`, relation: 'used', to: subjectOf(id) },
      { from: `artifact:${digest}`, relation: 'used', to: subjectOf(id) },
    ]);
  });
  return batchOf(await requireBatch(sql, caller.workspaceId, id));
}

function requireSame(there: BatchRow, { modelName, version, input }: BatchStart): BatchRow {
  if (there.modelName === modelName && there.version === version && canonicalJson(there.input) === canonicalJson(input)) return there;
  const reason = `the batch ${there.id} is of version ${there.version} of ${JSON.stringify(there.modelName)}, or of another file`;
  throw failure('CONFLICT', { field: 'id', reason, remedy: 'choose another id' });
}

async function digestOfArtifact(
  context: CallContext,
  { runId, path }: Extract<BatchStart['input'], { kind: 'artifact' }>,
): Promise<string> {
  const file = await findAny(context, { runId, path });
  if (file) return file.digest;
  throw failure('NOT_FOUND', { field: 'input.path', reason: `run ${runId} has no artifact ${JSON.stringify(path)}` });
}

/**
 * A blob has no owner: one counts that something of this workspace names. What names it is held until the batch names it as well, so that
 * nobody removes both in between (sweepBatches.ts).
 */
async function requireNamed(tx: Db, workspaceId: string, input: BatchStart['input']): Promise<string> {
  const digest = input.kind === 'blob' ? input.digest : '';
  const named = [
    () => tx`select 1 from files where digest = ${digest} and workspace_id = ${workspaceId} limit 1 for key share`,
    () => tx`
      select 1 from batches where (output ->> 'digest' = ${digest} or input_digest = ${digest}) and workspace_id = ${workspaceId}
      limit 1 for key share`,
    () => tx`
      select 1 from artifacts a join runs r on r.id = a.run_id where a.digest = ${digest} and r.workspace_id = ${workspaceId}
      limit 1 for key share of a`,
  ];
  for (const find of named) if ((await find()).length > 0) return digest;
  const remedy = 'store it first (PUT /batches/rows): what no batch was asked with is removed after a day';
  throw failure('NOT_FOUND', { field: 'input.digest', reason: `nothing of this workspace has the content ${digest}`, remedy });
}

async function findBatch(db: Db, workspaceId: string, id: string): Promise<BatchRow | null> {
  const [row] = await db<BatchRow[]>`${selectBatches(db)} where b.id = ${id} and b.workspace_id = ${workspaceId}`;
  return row ?? null;
}

export async function requireBatch(db: Db, workspaceId: string, id: string): Promise<BatchRow> {
  const row = await findBatch(db, workspaceId, id);
  if (!row) throw failure('NOT_FOUND', { field: 'id', reason: `no batch ${id}` });
  return row;
}

export async function listBatches(
  { sql, caller }: CallContext,
  { limit, cursor, modelName }: { limit: number; cursor?: string; modelName?: string },
) {
  const after = cursor === undefined ? null : readCursor(cursor, ['number', 'uuid']);
  const rows = await sql<BatchRow[]>`
    ${selectBatches(sql)}
    where b.workspace_id = ${caller.workspaceId}
      ${modelName === undefined ? sql`` : sql`and m.name = ${modelName}`}
      ${after === null ? sql`` : sql`and (b.asked_at, b.id) < (${new Date(Number(after[0]))}, ${String(after[1])}::uuid)`}
    order by b.asked_at desc, b.id desc limit ${limit + 1}`;
  const page = rows.slice(0, limit);
  const end = page.at(-1);
  return {
    batches: page.map(batchOf),
    nextCursor: rows.length > limit && end ? cursorOf([end.askedAt.getTime(), end.id]) : null,
  };
}

/** At once; whoever works on it learns of it with its next heartbeat, and nothing of what was written is kept. */
export async function cancelBatch(context: CallContext, id: string): Promise<Batch> {
  requireRole(context, 'editor');
  const { sql, caller, now } = context;
  const there = await requireBatch(sql, caller.workspaceId, id);
  if (!isOpen(there)) return batchOf(there);
  if (there.userId !== caller.userId) requireRole(context, 'owner');
  await sql.begin(async (tx) => {
    const [row] = await tx`
      update batches set status = 'cancelled', ended_at = ${new Date(now())} where id = ${id} and status in ('queued', 'running') returning id`;
    if (row) await appendEvent(tx, caller, { what: 'batch.cancelled', subject: subjectOf(id) });
  });
  return batchOf(await requireBatch(sql, caller.workspaceId, id));
}

/** For the collector: of these digests, those that a batch has read or written. */
export function batchReferences(sql: Sql): FindReferences {
  return async (digests) => {
    const rows = await sql<{ digest: string }[]>`
      select input_digest as digest from batches where input_digest = any(${digests})
      union select output ->> 'digest' from batches where output ->> 'digest' = any(${digests})`;
    return rows.map(({ digest }) => digest);
  };
}
