/**
 * Evaluation sets: rows with their true answer. The rows are one blob, JSON `{ columns, data }`, named by its digest, so that every version
 * is asked the very same; a set that was used keeps its rows, label, metrics and slices for good.
 */
import { Readable } from 'node:stream';
import type { EvaluationSet } from '@cellkeep/schema/registry';
import type { JSONValue, Sql } from 'postgres';
import { requireRole } from '../../access/index.ts';
import type { FindReferences } from '../../core/collectBlobs.ts';
import type { CallContext, Db, Services } from '../../core/context.ts';
import { failure } from '../../core/failure.ts';
import { codeOf } from '../../core/plainError.ts';
import { inOneChange } from '../change.ts';
import { lockModel, requireModel } from '../registeredModels.ts';
import { breachesOfSet, type SetPut } from './setRules.ts';
import type { TrueRows } from './slices.ts';

type Row = Omit<EvaluationSet, 'createdAt'> & { modelId: string; createdAt: Date };

const columns = (db: Db) => db`
  s.id, s.model_id as "modelId", m.name as "modelName", s.name, s.digest, s.rows, s.columns, s.label, s.metrics, s.slices, u.name as "userName",
  s.created_at as "createdAt"`;

const setOf = ({ modelId: _, createdAt, ...row }: Row): EvaluationSet => ({ ...row, createdAt: createdAt.getTime() });

export async function listSets(db: Db, workspaceId: string, name: string): Promise<EvaluationSet[]> {
  const model = await requireModel(db, workspaceId, name);
  return (await setsOfModel(db, model.id)).map(setOf);
}

/** By name. */
export function setsOfModel(db: Db, modelId: string): Promise<Row[]> {
  return db<Row[]>`
    select ${columns(db)} from evaluation_sets s join registered_models m on m.id = s.model_id join users u on u.id = s.user_id
    where s.model_id = ${modelId} and s.deleted_at is null order by s.name collate "C"`;
}

export async function requireSet(db: Db, workspaceId: string, id: string, field = 'setId'): Promise<Row> {
  const [row] = await db<Row[]>`
    select ${columns(db)} from evaluation_sets s join registered_models m on m.id = s.model_id join users u on u.id = s.user_id
    where s.id = ${id} and s.workspace_id = ${workspaceId} and s.deleted_at is null and m.deleted_at is null`;
  if (!row) throw failure('NOT_FOUND', { field, reason: `no evaluation set ${id}` });
  return row;
}

/**
 * Putting the same twice changes nothing; one that no version was asked with, and that no gate asks for, can be replaced.
 * @throws BAD_REQUEST that names the field; CONFLICT where it was used or a gate asks for it, or its name is taken
 */
export async function putSet(context: CallContext, given: SetPut): Promise<EvaluationSet> {
  requireRole(context, 'editor');
  const issues = breachesOfSet(given);
  if (issues.length > 0) throw failure('BAD_REQUEST', issues);
  const { caller, now, sql, blobs } = context;
  await requireModel(sql, caller.workspaceId, given.modelName);
  const text = JSON.stringify({ columns: given.columns, data: given.data });
  const { digest } = await blobs.put(Readable.from([Buffer.from(text)]));
  const { id, name, label, metrics, slices } = given;
  return inOneChange(context, async (tx, { events }) => {
    const model = await lockModel(tx, caller.workspaceId, given.modelName);
    const [before] = await tx<
      (Pick<Row, 'modelId' | 'name' | 'digest' | 'label' | 'metrics' | 'slices'> & { used: boolean; gated: boolean; deleted: boolean })[]
    >`
      select model_id as "modelId", name, digest, label, metrics, slices, deleted_at is not null as deleted,
        exists (select from evaluations e where e.set_id = s.id) as used,
        exists (select from gates g where g.model_id = s.model_id and g.rules @> jsonb_build_array(jsonb_build_object('setId', s.id::text))) as gated
      from evaluation_sets s where id = ${id}`;
    const after = { name, digest, label, metrics, slices };
    if (before && (before.modelId !== model.id || before.deleted)) {
      throw failure('CONFLICT', { field: 'id', reason: `the id ${id} is taken`, remedy: 'choose another one' });
    }
    if (before?.used && !isSame(before, after)) {
      const reason = `versions were asked with ${JSON.stringify(before.name)}; their results would be compared with others`;
      throw failure('CONFLICT', { field: 'id', reason, remedy: 'store a new set under another id and name' });
    }
    // An owner has agreed on these rows: with others the gate would ask for something else.
    if (before?.gated && !isSame(before, after)) {
      const reason = `the gate of ${JSON.stringify(model.name)} asks for ${JSON.stringify(before.name)}`;
      throw failure('CONFLICT', { field: 'id', reason, remedy: 'store a new set, and ask an owner to name it in the gate' });
    }
    await tx`
      insert into evaluation_sets (id, workspace_id, model_id, name, digest, rows, columns, label, metrics, slices, user_id, created_at)
      values (${id}, ${caller.workspaceId}, ${model.id}, ${name}, ${digest}, ${given.data.length}, ${tx.json(given.columns)}, ${label},
        ${tx.json(metrics)}, ${tx.json(slices as unknown as JSONValue)}, ${caller.userId}, ${new Date(now())})
      on conflict (id) do update set name = excluded.name, digest = excluded.digest, rows = excluded.rows,
        columns = excluded.columns, label = excluded.label, metrics = excluded.metrics, slices = excluded.slices`.catch(
      (error: unknown) => {
        throw codeOf(error) === '23505' ? nameTaken(name, error) : error;
      },
    );
    if (!before || before.name !== name || !isSame(before, after)) {
      const data = { name: model.name, set: name, rows: given.data.length, digest };
      events.push({ what: 'evaluation-set.stored', subject: `model:${model.id}`, before, after, data });
    }
    return setOf(await requireSet(tx, caller.workspaceId, id, 'id'));
  });
}

type Content = Pick<Row, 'digest' | 'label' | 'metrics' | 'slices'>;

function isSame(a: Content, b: Content): boolean {
  const facts = ({ digest, label, metrics, slices }: Content) => [
    ...[digest, label, metrics],
    slices.map(({ name, column, equals, min, max }) => [name, column, equals, min, max]),
  ];
  return JSON.stringify(facts(a)) === JSON.stringify(facts(b));
}

function nameTaken(name: string, cause: unknown) {
  const reason = `the model has an evaluation set named ${JSON.stringify(name)} already`;
  return failure('CONFLICT', { field: 'name', reason, remedy: 'choose another name' }, cause);
}

/** @returns false where there was none. Results stay, so that what was compared can be read still. */
export function deleteSet(context: CallContext, id: string): Promise<boolean> {
  const { caller, now, sql } = context;
  return inOneChange(context, async (tx, { events }) => {
    const found = await requireSet(sql, caller.workspaceId, id, 'id').catch((error: { code?: string }) => {
      if (error.code === 'NOT_FOUND') return null;
      throw error;
    });
    if (!found) return false;
    const model = await lockModel(tx, caller.workspaceId, found.modelName);
    const [gated] = await tx`
      select 1 from gates where model_id = ${model.id} and rules @> ${tx.json([{ setId: id }])}`;
    if (gated) {
      const reason = `the gate of ${JSON.stringify(model.name)} asks for ${JSON.stringify(found.name)}`;
      throw failure('CONFLICT', { field: 'id', reason, remedy: 'take it out of the gate first' });
    }
    await tx`update evaluation_sets set deleted_at = ${new Date(now())} where id = ${id}`;
    events.push({ what: 'evaluation-set.deleted', subject: `model:${model.id}`, data: { name: model.name, set: found.name } });
    return true;
  });
}

export async function readRowsOf({ blobs }: Pick<Services, 'blobs'>, digest: string): Promise<TrueRows> {
  const blob = await blobs.get(digest);
  if (!blob) throw new Error(`the rows ${digest} are not in the store`);
  const parts: Buffer[] = [];
  for await (const part of blob.stream) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString('utf8')) as TrueRows;
}

/** For the collector: of these digests, those that a set names; of a deleted one as well, whose results are read still. */
export function evaluationSetReferences(sql: Sql): FindReferences {
  return async (digests) => {
    const rows = await sql<{ digest: string }[]>`select distinct digest from evaluation_sets where digest = any(${digests})`;
    return rows.map(({ digest }) => digest);
  };
}
