/** Runs and experiments by their ids, and what MLflow's server says where there is none or it is deleted. */
import { requireRole } from '../access/index.ts';
import { type ExperimentRecord, findExperimentRecord, findPlace, type RunRecord, readRunRecords } from '../tracking/index.ts';
import type { MlflowContext } from './call.ts';
import { invalidParameter, type MlflowError, missingValue, resourceDoesNotExist } from './errors.ts';
import { experimentIdOf, isExperimentId, isRunId } from './keys.ts';
import { type Field, string } from './message.ts';

type Asking = Pick<MlflowContext, 'sql' | 'caller'>;

export const noRun = (id: string): MlflowError => resourceDoesNotExist(`Run with id=${id} not found`);

/** Both names that the protocol has had for it. */
export const runIdFields: { run_id: Field<string>; run_uuid: Field<string> } = {
  run_id: { ...string, requiredUnless: 'run_uuid' },
  run_uuid: string,
};

/** @throws RESOURCE_DOES_NOT_EXIST for what can be no id of a run */
export function runIdOf({ run_id, run_uuid }: { run_id?: string; run_uuid?: string }): string {
  const id = run_id || run_uuid;
  if (!id) throw missingValue('run_id');
  if (!isRunId(id)) throw noRun(id);
  return id;
}

/** @param bare without metrics and inputs */
export async function requireRun({ sql, caller }: Asking, id: string, bare = false): Promise<RunRecord> {
  const { records } = await readRunRecords(sql, caller.workspaceId, [id], { bare });
  const [run] = records;
  if (!run) throw noRun(id);
  return run;
}

export const mustBeActive = (what: 'run' | 'experiment', id: string): MlflowError =>
  invalidParameter(`The ${what} ${id} must be in the 'active' state. Current state is deleted.`);

/** The run's place, where it may be logged to. */
export async function activeRun(context: MlflowContext, id: string) {
  requireRole(context, 'editor');
  const place = await findPlace(context.sql, context.caller.workspaceId, id);
  if (!place) throw noRun(id);
  if (place.deleted) throw mustBeActive('run', id);
  return place;
}

const noExperiment = (id: string) => resourceDoesNotExist(`No Experiment with id=${id} exists`);

export async function requireExperiment({ sql, caller }: Asking, given: string): Promise<ExperimentRecord> {
  const id = experimentIdOf(given);
  const found = isExperimentId(id) ? await findExperimentRecord(sql, caller.workspaceId, id) : null;
  if (!found) throw noExperiment(id);
  return found;
}

/** What a room says of a run that is not there, in MLflow's words. */
export function inWordsOf(id: string): (error: unknown) => never {
  return (error) => {
    throw (error as { code?: unknown } | null)?.code === 'NOT_FOUND' ? noRun(id) : error;
  };
}
