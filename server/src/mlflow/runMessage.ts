/** A run as MLflow's clients read it. */
import { toWire } from '@cellkeep/schema/wire';
import type { RunModels } from '../registry/index.ts';
import type { LastPoints, LoggedInput, RunRecord } from '../tracking/index.ts';
import { statusWord } from './status.ts';
import { NOTE, PARENT, RUN_NAME } from './tagNames.ts';

type Location = Pick<RunRecord, 'id' | 'experimentId' | 'artifactLocation'>;

export const artifactUriOf = ({ id, experimentId, artifactLocation }: Location) =>
  `${artifactLocation ?? `mlflow-artifacts:/${experimentId}`}/${id}/artifacts`;

export function infoOf(run: RunRecord) {
  return {
    run_uuid: run.id,
    experiment_id: run.experimentId,
    run_name: run.name,
    user_id: run.user,
    status: statusWord(run.status),
    start_time: run.startedAt,
    end_time: run.endedAt ?? undefined,
    artifact_uri: artifactUriOf(run),
    lifecycle_stage: run.deleted ? 'deleted' : 'active',
    run_id: run.id,
  };
}

export function runMessage(run: RunRecord, models: RunModels | undefined) {
  const data = { metrics: metricsOf(run.metrics), params: entriesOf(run.params), tags: tagsOf(run) };
  const inputs = {
    dataset_inputs: some(run.inputs.map(inputOf)),
    model_inputs: some(models?.inputs.map(({ modelId }) => ({ model_id: modelId }))),
  };
  const outputs = { model_outputs: some(models?.outputs.map(({ modelId, step }) => ({ model_id: modelId, step }))) };
  return { info: infoOf(run), data, inputs, outputs };
}

/** Lists that are empty are left out, as protobuf does it. */
const some = <T>(list: T[] | undefined): T[] | undefined => (list && list.length > 0 ? list : undefined);

function metricsOf(points: LastPoints | null) {
  if (!points) return undefined;
  const { keys, values, steps, times } = points;
  return keys.map((key, i) => ({ key, value: toWire(values[i] as number), timestamp: times[i], step: steps[i] }));
}

function inputOf({ dataset, tags }: LoggedInput) {
  const { name, digest, sourceType, source, schema, profile } = dataset;
  const described = { name, digest, source_type: sourceType, source, schema: schema ?? undefined, profile: profile ?? undefined };
  return { tags: entriesOf(tags), dataset: described };
}

export function entriesOf(texts: Record<string, string>): { key: string; value: string }[] | undefined {
  return some(Object.entries(texts).map(([key, value]) => ({ key, value })));
}

/** What is a tag there and has a place of its own here comes back as one. */
function tagsOf({ name, notes, parentRunId, tags }: RunRecord) {
  const own: Record<string, string> = { [RUN_NAME]: name };
  if (notes !== '') own[NOTE] = notes;
  if (parentRunId !== null) own[PARENT] = parentRunId;
  return entriesOf({ ...tags, ...own });
}
