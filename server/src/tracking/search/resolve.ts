/**
 * What a filter names that only the database knows: the run that `differ from` speaks of, and whether `metrics.loss.min` is a metric of
 * that name (it is, where a run of the search has one) or the least value of `loss`. Without this step a tree takes such names as keys.
 */
import type { Db } from '../../core/context.ts';
import type { Field, Leaf, MetricField, OtherRun, Tree } from './tree.ts';
import { wrong } from './wrong.ts';

export async function resolve(db: Db, workspaceId: string, experimentIds: string[], tree: Tree): Promise<Tree> {
  switch (tree.is) {
    case 'not':
      return { ...tree, part: await resolve(db, workspaceId, experimentIds, tree.part) };
    case 'and':
    case 'or':
      return { ...tree, parts: await Promise.all(tree.parts.map((part) => resolve(db, workspaceId, experimentIds, part))) };
    case 'differ':
      return { ...tree, from: { ...tree.from, params: await paramsOf(db, workspaceId, tree.from) } };
    case 'text':
      return tree;
    default:
      return withField(tree, tree.field ? await resolveField(db, experimentIds, tree.field) : null);
  }
}

const withField = <L extends Exclude<Leaf, { is: 'text' | 'differ' }>>(leaf: L, field: Field | null): L => ({ ...leaf, field });

export async function resolveField<F extends Field>(db: Db, experimentIds: string[], field: F): Promise<F | MetricField> {
  if (field.of !== 'metric' || !field.orElse) return field;
  const { key, orElse } = field;
  const [row] = await db<{ named: boolean }[]>`
    select exists (select from series where experiment_id = any(${experimentIds}::bigint[]) and key = ${key}) as named`;
  return row?.named ? { of: 'metric', key } : { of: 'metric', key: orElse.key, stat: orElse.stat };
}

const ID = /^[0-9a-f]{32}$/;

async function paramsOf(db: Db, workspaceId: string, { written, at }: OtherRun): Promise<Record<string, string>> {
  const id = written.toLowerCase().replaceAll('-', '');
  const rows = await db<{ id: string; params: Record<string, string> }[]>`
    select replace(id::text, '-', '') as id, params from runs
    where workspace_id = ${workspaceId} and ${ID.test(id) ? db`id = ${id}::uuid` : db`name = ${written} and deleted_at is null`} limit 2`;
  const [run, another] = rows;
  if (!run) throw wrong(at, `there is no run ${JSON.stringify(written)}`, 'write the name of one, as the table shows it, or its id');
  if (another) throw wrong(at, `several runs are named ${JSON.stringify(written)}`, `write the id of one of them, like ${run.id}`);
  return run.params;
}
