/** runs/search: experiments, filter, order, page. */
import { modelsIn, modelsOfPage } from '../registry/index.ts';
import { type Fragment, findRunRecords } from '../tracking/index.ts';
import { type Call, call, type MlflowContext, Written } from './call.ts';
import { invalidParameter, invalidValue } from './errors.ts';
import { experimentIdOf, isExperimentId } from './keys.ts';
import { ids, int32, oneOf, string, strings } from './message.ts';
import { offsetOf, pageToken } from './pageToken.ts';
import { runConditions } from './runFilter.ts';
import { runText } from './runMessage.ts';
import { runOrders } from './runOrder.ts';
import { JsonText } from './writing.ts';

export const VIEWS = { ACTIVE_ONLY: 1, DELETED_ONLY: 2, ALL: 3 } as const;
type View = keyof typeof VIEWS;

const MOST = 50_000;

export function checkMaxResults(max: number): void {
  const wrong = (why: string) => invalidParameter(`Invalid value ${max} for parameter 'max_results' supplied. It must be ${why}`);
  if (max < 1) throw wrong('a positive integer');
  if (max > MOST) throw wrong(`at most ${MOST}`);
}

interface Scope {
  experimentIds: string[];
  condition: Fragment;
}

const search = call({
  method: 'POST',
  path: 'mlflow/runs/search',
  reads: true,
  message: {
    ...{ experiment_ids: ids, filter: string, run_view_type: oneOf(VIEWS) },
    ...{ max_results: int32, order_by: strings, page_token: string },
  },
  async answer(context, { experiment_ids, filter = '', run_view_type = 'ACTIVE_ONLY', max_results = 1_000, order_by, page_token }) {
    const { sql, caller } = context;
    if (max_results > MOST) throw invalidValue('max_results', max_results);
    checkMaxResults(max_results);
    const conditions = runConditions(sql, filter);
    const orders = runOrders(sql, order_by);
    const offset = offsetOf(page_token);
    const { experimentIds, condition } = await scopeOf(context, experiment_ids.map(experimentIdOf), run_view_type);
    const matches = conditions.reduce((all, one) => sql`${all} and ${one}`, condition);
    const isFiltered = conditions.length > 0 || run_view_type === 'DELETED_ONLY';
    const query = { experimentIds, matches, isFiltered, orders, limit: max_results, offset };
    const { records, also, isMore } = await findRunRecords(sql, caller.workspaceId, query, modelsOfPage(sql, caller.workspaceId));
    const models = modelsIn(also);
    const text = new JsonText();
    for (const [i, record] of records.entries()) text.add(`${i === 0 ? '{"runs":[' : ','}${runText(record, models.get(record.id))}`);
    const next = isMore ? `"next_page_token":"${pageToken(offset + max_results)}"` : '';
    text.add(records.length === 0 ? `{${next}}` : `]${next && `,${next}`}}`);
    return new Written(text.bytes());
  },
});

/** Runs of a deleted experiment are deleted with it. */
async function scopeOf({ sql, caller }: MlflowContext, given: readonly string[], view: View): Promise<Scope> {
  const asked = given.filter(isExperimentId);
  const [one, ...rest] = asked;
  if (view === 'ACTIVE_ONLY' && one !== undefined && rest.length === 0) {
    // What most searches ask: whether it is there is part of the search itself, which saves a way to the database and back.
    const isThere = sql`exists (
      select from experiments e where e.id = ${one}::bigint and e.workspace_id = ${caller.workspaceId} and e.deleted_at is null)`;
    return { experimentIds: [one], condition: sql`r.experiment_id = ${one}::bigint and r.deleted_at is null and ${isThere}` };
  }
  const found =
    asked.length === 0
      ? []
      : await sql<{ id: string; deleted: boolean }[]>`
          select id::text, deleted_at is not null as deleted from experiments
          where workspace_id = ${caller.workspaceId} and id = any(${asked}::bigint[])`;
  const searched = view === 'ACTIVE_ONLY' ? found.filter(({ deleted }) => !deleted) : [...found];
  const experimentIds = searched.map(({ id }) => id);
  const gone = searched.filter(({ deleted }) => deleted).map(({ id }) => id);
  const [only, ...others] = experimentIds;
  // One experiment by =, so that its index gives the order.
  const inside =
    only !== undefined && others.length === 0
      ? sql`r.experiment_id = ${only}::bigint`
      : sql`r.experiment_id = any(${experimentIds}::bigint[])`;
  if (view === 'ALL') return { experimentIds, condition: inside };
  if (view === 'ACTIVE_ONLY') return { experimentIds, condition: sql`${inside} and r.deleted_at is null` };
  return { experimentIds, condition: sql`${inside} and (r.deleted_at is not null or r.experiment_id = any(${gone}::bigint[]))` };
}

export const searchRunsCalls: Call[] = [search];
