/**
 * What runs read, as their loggers described it. A description (name and digest) is kept once an experiment, with what its first logger
 * said of it; a run names it with tags of its own, once.
 */
import type { CallContext, Db } from '../core/context.ts';
import type { Effects, RunPlace } from './effects.ts';
import { runChanged } from './effects.ts';

export interface LoggedDataset {
  name: string;
  digest: string;
  sourceType: string;
  source: string;
  schema: string | null;
  profile: string | null;
}

export interface LoggedInput {
  dataset: LoggedDataset;
  tags: Record<string, string>;
}

/** Adds what the run does not name yet; of two alike the first counts. The caller has seen the run, and that it may be changed. */
export async function logInputs(
  db: Db,
  { caller }: Pick<CallContext, 'caller'>,
  run: RunPlace & { id: string },
  inputs: readonly LoggedInput[],
  effects: Effects,
): Promise<void> {
  const byName = new Map<string, LoggedInput>();
  for (const input of inputs) {
    const name = JSON.stringify([input.dataset.name, input.dataset.digest]);
    if (!byName.has(name)) byName.set(name, input);
  }
  if (byName.size === 0) return;
  // In one order for everybody, so that two writers never wait for each other in a circle; the run's own order is `place`.
  const rows = [...byName.values()].map(({ dataset, tags }, place) => ({ ...dataset, tags, place }));
  const json = db.json(rows as never);
  await db`
    insert into logged_datasets (id, workspace_id, experiment_id, name, digest, source_type, source, schema, profile)
    select gen_random_uuid(), ${caller.workspaceId}, ${run.experimentId}, d.name, d.digest, d."sourceType", d.source, d.schema, d.profile
    from jsonb_to_recordset(${json}) as d (name text, digest text, "sourceType" text, source text, schema text, profile text)
    order by d.name, d.digest
    on conflict (experiment_id, name, digest) do nothing`;
  const added = await db<{ id: string }[]>`
    insert into run_inputs (run_id, dataset_id, tags)
    select ${run.id}, l.id, d.tags
    from jsonb_to_recordset(${json}) as d (name text, digest text, tags jsonb, place int)
    join logged_datasets l on l.experiment_id = ${run.experimentId} and l.name = d.name and l.digest = d.digest
    order by d.place
    on conflict (run_id, dataset_id) do nothing
    returning dataset_id as id`;
  if (added.length === 0) return;
  effects.events.push({ what: 'run.inputs-logged', subject: `run:${run.id}`, after: rows, data: { datasets: added.length } });
  for (const { id } of added) effects.edges.push({ from: `logged-dataset:${id}`, relation: 'used', to: `run:${run.id}` });
  runChanged(effects, run.id, run);
}

/** Of several runs at once, each in the order in which they were logged; a run that has none is left out. */
export async function readInputs(db: Db, runIds: readonly string[]): Promise<Map<string, LoggedInput[]>> {
  const rows = await db<(LoggedDataset & { runId: string; tags: Record<string, string> })[]>`
    select replace(i.run_id::text, '-', '') as "runId", i.tags, d.name, d.digest, d.source_type as "sourceType", d.source, d.schema, d.profile
    from run_inputs i join logged_datasets d on d.id = i.dataset_id
    where i.run_id = any(${[...runIds]}::uuid[]) order by i.run_id, i.seq`;
  const byRun = new Map<string, LoggedInput[]>();
  for (const { runId, tags, ...dataset } of rows) {
    const inputs = byRun.get(runId) ?? [];
    byRun.set(runId, inputs);
    inputs.push({ dataset, tags });
  }
  return byRun;
}

export interface DatasetSummary {
  experimentId: string;
  name: string;
  digest: string;
  /** Tag of the input under this key; null where it has none. */
  context: string | null;
}

const MOST_SUMMARIES = 1_000;

/** The datasets that runs of these experiments read, once for each value of a tag. */
export function summarizeDatasets(
  db: Db,
  workspaceId: string,
  experimentIds: readonly string[],
  contextKey: string,
): Promise<DatasetSummary[]> {
  return db<DatasetSummary[]>`
    select distinct d.experiment_id as "experimentId", d.name, d.digest, i.tags ->> ${contextKey} as context
    from logged_datasets d join run_inputs i on i.dataset_id = d.id
    where d.workspace_id = ${workspaceId} and d.experiment_id = any(${[...experimentIds]}::bigint[])
    order by 1, 2, 3, 4 limit ${MOST_SUMMARIES}`.then((rows) => [...rows]);
}
