/** An experiment as MLflow's clients read it; its description is a tag there. */
import type { ExperimentRecord } from '../tracking/index.ts';
import { NOTE } from './tagNames.ts';

export function experimentMessage({ id, name, artifactLocation, deleted, updatedAt, createdAt, tags, description }: ExperimentRecord) {
  return {
    experiment_id: id,
    name,
    artifact_location: artifactLocation ?? `mlflow-artifacts:/${id}`,
    lifecycle_stage: deleted ? 'deleted' : 'active',
    last_update_time: updatedAt,
    creation_time: createdAt,
    // Of MLflow 3.17 on; its clients know no other where workspaces are off.
    workspace: 'default',
    tags: entriesOf(description === '' ? tags : { ...tags, [NOTE]: description }),
  };
}

/** None is left out, as protobuf does it with every list that is empty. */
function entriesOf(texts: Record<string, string>): { key: string; value: string }[] | undefined {
  const entries = Object.entries(texts).map(([key, value]) => ({ key, value }));
  return entries.length > 0 ? entries : undefined;
}
