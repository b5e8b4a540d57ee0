/** Evaluations: a version is asked all rows of a set. They wait in this table; evaluator.ts works on them. */
import { randomUUID } from 'node:crypto';
import type { Evaluation } from '@cellkeep/schema/registry';
import { requireRole } from '../../access/index.ts';
import type { CallContext, Db } from '../../core/context.ts';
import { cursorOf, readCursor } from '../../core/cursor.ts';
import { failure } from '../../core/failure.ts';
import { findBundle } from '../bundle/bundles.ts';
import { inOneChange } from '../change.ts';
import { requireVersion, subjectOf } from '../readVersions.ts';
import { lockModel, requireModel } from '../registeredModels.ts';
import { authorsOfModel, requireTrust } from '../trust.ts';
import { requireSet } from './sets.ts';

type Row = Omit<Evaluation, 'at'> & { at: Date };

/** Queued ones of a workspace: more is a loop that somebody left running. */
const MOST_QUEUED = 1_000;

const columns = (db: Db) => db`
  e.id, e.set_id as "setId", s.name as "setName", e.version, e.status, e.error, e.results, e.worst, e.latency_us as "latencyUs", e.at`;

const evaluationOf = ({ at, ...row }: Row): Evaluation => ({ ...row, at: at.getTime() });

async function findEvaluation(db: Db, workspaceId: string, id: string): Promise<Evaluation | null> {
  const [row] = await db<Row[]>`
    select ${columns(db)} from evaluations e join evaluation_sets s on s.id = e.set_id
    where e.id = ${id} and e.workspace_id = ${workspaceId}`;
  return row ? evaluationOf(row) : null;
}

interface EvaluationStart {
  id?: string;
  setId: string;
  version: number;
  trustUser?: string;
}

/**
 * One that waits or runs already is given back, whoever asked for it.
 * @throws CONFLICT where the version cannot be asked, the set lacks a column that it needs, or code of somebody would run who is not named
 */
export async function startEvaluation(context: CallContext, given: EvaluationStart): Promise<Evaluation> {
  requireRole(context, 'editor'); // before what is named is looked for
  const { sql, caller, now } = context;
  const set = await requireSet(sql, caller.workspaceId, given.setId);
  const lacks = await lackOf(context, set, given);
  return inOneChange(context, async (tx, { events }) => {
    const model = await lockModel(tx, caller.workspaceId, set.modelName);
    const there = given.id === undefined ? null : await findEvaluation(tx, caller.workspaceId, given.id);
    if (there) {
      if (there.setId === given.setId && there.version === given.version) return there;
      throw failure('CONFLICT', {
        field: 'id',
        reason: `the evaluation ${given.id} is of another version or set`,
        remedy: 'choose another id',
      });
    }
    if (lacks) throw lacks;
    const [open] = await tx<Row[]>`
      select ${columns(tx)} from evaluations e join evaluation_sets s on s.id = e.set_id
      where e.set_id = ${set.id} and e.model_id = ${model.id} and e.version = ${given.version} and e.status in ('queued', 'running')`;
    if (open) return evaluationOf(open);
    await requireRoom(tx, caller.workspaceId);
    const id = given.id ?? randomUUID();
    const [made] = await tx`
      insert into evaluations (id, workspace_id, set_id, model_id, version, status, results, user_id, at)
      values (${id}, ${caller.workspaceId}, ${set.id}, ${model.id}, ${given.version}, 'queued', '[]', ${caller.userId}, ${new Date(now())})
      on conflict (id) do nothing returning id`;
    if (!made) throw failure('CONFLICT', { field: 'id', reason: `the id ${id} is taken`, remedy: 'choose another one' });
    const data = {
      name: model.name,
      version: given.version,
      set: set.name,
      ...(given.trustUser === undefined ? {} : { trustUser: given.trustUser }),
    };
    events.push({ what: 'evaluation.asked', subject: subjectOf(model.id, given.version), data });
    return (await findEvaluation(tx, caller.workspaceId, id)) as Evaluation;
  });
}

/** Why the version cannot be asked with the set, and by this person; null: it can. */
async function lackOf(
  context: CallContext,
  set: { modelName: string; name: string; columns: string[] },
  { version: number, trustUser }: EvaluationStart,
) {
  const { sql, caller } = context;
  const model = await requireModel(sql, caller.workspaceId, set.modelName);
  const version = await requireVersion(sql, model, number);
  const { loggedModelId } = version;
  const bundle = loggedModelId === null ? null : await findBundle(sql, loggedModelId);
  if (loggedModelId === null || !bundle) {
    const reason = `version ${number} of ${JSON.stringify(model.name)} was registered without a bundle: nothing says how it is asked`;
    return failure('CONFLICT', { field: 'version', reason, remedy: 'promote it, which makes one' });
  }
  if (bundle.runtime === 'python') requireTrust(await authorsOfModel(sql, loggedModelId), caller, trustUser);
  if (bundle.signature.layout === 'tensor') return null;
  const missing = bundle.signature.inputs.filter(({ name, required }) => required && !set.columns.includes(name)).map(({ name }) => name);
  if (missing.length === 0) return null;
  const reason = `the set ${JSON.stringify(set.name)} has no column ${missing
    .slice(0, 5)
    .map((name) => JSON.stringify(name))
    .join(', ')}`;
  return failure('CONFLICT', {
    field: 'setId',
    reason: `${reason}, which version ${number} needs`,
    remedy: 'store a set with all columns',
  });
}

async function requireRoom(tx: Db, workspaceId: string): Promise<void> {
  const [row] = await tx<{ queued: number }[]>`
    select count(*)::int as queued from evaluations where status = 'queued' and workspace_id = ${workspaceId}`;
  if ((row?.queued ?? 0) < MOST_QUEUED) return;
  throw failure('CONFLICT', { field: '', reason: `${MOST_QUEUED} evaluations wait on this server already`, remedy: 'wait for them' });
}

export interface EvaluationSearch {
  name: string;
  version?: number;
  setId?: string;
  limit: number;
  cursor?: string;
}

export async function listEvaluations({ sql, caller }: CallContext, search: EvaluationSearch) {
  const { name, version, setId, limit, cursor } = search;
  const model = await requireModel(sql, caller.workspaceId, name);
  const after = cursor === undefined ? null : readCursor(cursor, ['number', 'string']);
  const rows = await sql<Row[]>`
    select ${columns(sql)} from evaluations e join evaluation_sets s on s.id = e.set_id
    where e.model_id = ${model.id}
      ${version === undefined ? sql`` : sql`and e.version = ${version}`}
      ${setId === undefined ? sql`` : sql`and e.set_id = ${setId}`}
      ${after === null ? sql`` : sql`and (e.at, e.id::text) < (to_timestamp(${Number(after[0])}::float8 / 1000), ${String(after[1])})`}
    order by e.at desc, e.id::text desc limit ${limit + 1}`;
  const page = rows.slice(0, limit);
  const end = page.at(-1);
  return {
    evaluations: page.map(evaluationOf),
    nextCursor: rows.length > limit && end ? cursorOf([end.at.getTime(), end.id]) : null,
  };
}

/** Of each set the newest that is done, by version. */
export async function newestEvaluations(db: Db, modelId: string, versions: readonly number[]): Promise<Map<number, Evaluation[]>> {
  const rows = await db<Row[]>`
    select distinct on (e.version, e.set_id) ${columns(db)}
    from evaluations e join evaluation_sets s on s.id = e.set_id
    where e.model_id = ${modelId} and e.version = any(${[...versions]}::int[]) and e.status = 'done'
    order by e.version, e.set_id, e.at desc`;
  const byVersion = new Map<number, Evaluation[]>(versions.map((version) => [version, []]));
  for (const row of rows) byVersion.get(row.version)?.push(evaluationOf(row));
  return byVersion;
}
