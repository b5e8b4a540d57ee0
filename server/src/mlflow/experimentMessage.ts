/** An experiment as MLflow's clients read it; its description is a tag there. */
import type { ExperimentRecord } from '../tracking/index.ts';
import { entriesOf } from './runMessage.ts';
import { NOTE } from './tagNames.ts';

export function experimentMessage({ id, name, artifactLocation, deleted, updatedAt, createdAt, tags, description }: ExperimentRecord) {
  return {
    experiment_id: id,
    name,
    artifact_location: artifactLocation ?? `mlflow-artifacts:/${id}`,
    lifecycle_stage: deleted ? 'deleted' : 'active',
    last_update_time: updatedAt,
    creation_time: createdAt,
    tags: entriesOf(description === '' ? tags : { ...tags, [NOTE]: description }),
  };
}
