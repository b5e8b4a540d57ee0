/** Which models a run read, and which it made at which step. */
import type { LoggedModel } from '@cellkeep/schema/registry';
import type { CallContext, Db } from '../core/context.ts';
import { failure } from '../core/failure.ts';
import { type Fragment, readInputs } from '../tracking/index.ts';
import { inOneChange } from './change.ts';
import { noSuchLoggedModel, readLoggedModels } from './readLoggedModels.ts';

export interface RunModels {
  inputs: { modelId: string }[];
  outputs: { modelId: string; step: number }[];
}

/**
 * Adds what is new; a model that a run made again counts at its last step.
 * @throws NOT_FOUND where the run or a model is not there
 */
export function addRunModels(context: CallContext, runId: string, { inputs = [], outputs = [] }: Partial<RunModels>): Promise<void> {
  const { caller } = context;
  return inOneChange(context, async (tx, { events, edges, runs }) => {
    const [run] = await tx<{ experimentId: string; notebookId: string | null }[]>`
      select experiment_id as "experimentId", notebook_id as "notebookId" from runs
      where id = ${runId} and workspace_id = ${caller.workspaceId}`;
    if (!run) throw failure('NOT_FOUND', { field: 'runId', reason: `no run ${runId}` });
    const rows = rowsOf({ inputs, outputs });
    if (rows.length === 0) return;
    const known = await tx<{ id: string }[]>`
      select id from logged_models where id = any(${rows.map(({ modelId }) => modelId)}::text[]) and workspace_id = ${caller.workspaceId}`;
    const missing = rows.find(({ modelId }) => !known.some(({ id }) => id === modelId));
    if (missing) throw noSuchLoggedModel(missing.modelId, 'modelId');
    await tx`
      insert into run_models (run_id, model_id, direction, step)
      select ${runId}, m.model_id, m.direction, m.step
      from unnest(${rows.map((row) => row.modelId)}::text[], ${rows.map((row) => row.direction)}::text[],
        ${rows.map((row) => row.step)}::bigint[]) as m (model_id, direction, step)
      on conflict (run_id, direction, model_id) do update set step = excluded.step`;
    events.push({ what: 'run.models-added', subject: `run:${runId}`, after: { inputs, outputs } });
    for (const { modelId, direction } of rows) {
      const model = `logged-model:${modelId}`;
      const made = direction === 'out';
      edges.push(made ? { from: `run:${runId}`, relation: 'produced', to: model } : { from: model, relation: 'used', to: `run:${runId}` });
    }
    runs.push({ id: runId, ...run });
  });
}

interface Row {
  modelId: string;
  direction: 'in' | 'out';
  step: number;
}

/** Each model once a direction, in one order for every writer. */
function rowsOf({ inputs, outputs }: RunModels): Row[] {
  const rows = new Map<string, Row>();
  for (const { modelId } of inputs) rows.set(`in ${modelId}`, { modelId, direction: 'in', step: 0 });
  for (const { modelId, step } of outputs) rows.set(`out ${modelId}`, { modelId, direction: 'out', step });
  return [...rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

/** A row as JSON carries it. */
type Linked = [runId: string, modelId: string, direction: Row['direction'], step: number];

/** The models of the runs whose ids are the `run_id` of a table `page`, as one value in its statement; `modelsIn` reads it. */
export function modelsOfPage(db: Db, workspaceId: string): Fragment {
  return db`(
    select json_agg(json_build_array(replace(rm.run_id::text, '-', ''), rm.model_id, rm.direction, rm.step) order by rm.step, m.created_at, m.id)
    from run_models rm join logged_models m on m.id = rm.model_id and m.workspace_id = ${workspaceId}
    where rm.run_id in (select run_id from page))`;
}

/** By run; one that has none is left out. */
export function modelsIn(linked: readonly unknown[]): Map<string, RunModels> {
  const byRun = new Map<string, RunModels>();
  for (const [runId, modelId, direction, step] of linked as Linked[]) {
    const models = byRun.get(runId) ?? { inputs: [], outputs: [] };
    byRun.set(runId, models);
    if (direction === 'in') models.inputs.push({ modelId });
    else models.outputs.push({ modelId, step });
  }
  return byRun;
}

/** Of several runs at once; a run that has none is left out. */
export async function modelsOfRuns(db: Db, workspaceId: string, runIds: readonly string[]): Promise<Map<string, RunModels>> {
  const [row] = await db<{ models: unknown[] | null }[]>`
    with page as (select * from unnest(${[...runIds]}::uuid[]) as w (run_id)) select ${modelsOfPage(db, workspaceId)} as models`;
  return modelsIn(row?.models ?? []);
}

/** The tag of an input by which MLflow's loggers say what it was read for. */
const CONTEXT_TAG = 'mlflow.data.context';

interface RunDescription {
  datasets: { name: string; digest: string; sourceType: string; source: string; context: string | null }[];
  inputs: LoggedModel[];
  outputs: (LoggedModel & { step: number })[];
}

/** With all that is known of each model; those that are deleted are left out, and those that name the run count as made by it. */
export async function describeRunModels(db: Db, workspaceId: string, runId: string): Promise<RunDescription> {
  const [run] = await db`select id from runs where id = ${runId} and workspace_id = ${workspaceId}`;
  if (!run) throw failure('NOT_FOUND', { field: 'runId', reason: `no run ${runId}` });
  const linked = (await modelsOfRuns(db, workspaceId, [runId])).get(runId) ?? { inputs: [], outputs: [] };
  const named = await db<{ id: string }[]>`
    select id from logged_models where run_id = ${runId} and workspace_id = ${workspaceId} order by created_at, id`;
  const steps = new Map(linked.outputs.map(({ modelId, step }) => [modelId, step]));
  const made = [...new Set([...steps.keys(), ...named.map(({ id }) => id)])];
  const [datasets, inputs, outputs] = await Promise.all([
    readInputs(db, [runId]),
    readLoggedModels(
      db,
      workspaceId,
      linked.inputs.map(({ modelId }) => modelId),
    ),
    readLoggedModels(db, workspaceId, made),
  ]);
  const isActive = ({ lifecycle }: LoggedModel) => lifecycle === 'active';
  return {
    datasets: (datasets.get(runId) ?? []).map(({ dataset: { name, digest, sourceType, source }, tags }) => {
      return { name, digest, sourceType, source, context: tags[CONTEXT_TAG] ?? null };
    }),
    inputs: inputs.filter(isActive),
    outputs: outputs.filter(isActive).map((model) => ({ ...model, step: steps.get(model.id) ?? 0 })),
  };
}
