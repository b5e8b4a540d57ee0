/** A logged model as MLflow's clients read it. */
import type { LoggedModel } from '@cellkeep/schema/registry';
import { pairsOf } from './modelWords.ts';
import { finite } from './writing.ts';

export const STATUS = { pending: 'LOGGED_MODEL_PENDING', ready: 'LOGGED_MODEL_READY', failed: 'LOGGED_MODEL_UPLOAD_FAILED' } as const;

/** By which clients learn of the versions that were made of it. */
const VERSIONS_TAG = 'mlflow.modelVersions';

export function loggedModelMessage(model: LoggedModel) {
  const { metrics, params, registrations } = model;
  // Read from the registry, so that it tells the truth after a rename and a deletion too.
  const versions = registrations.map(({ name, version }) => `{"name": ${JSON.stringify(name)}, "version": ${version}}`).join(', ');
  const tags = registrations.length > 0 ? { ...model.tags, [VERSIONS_TAG]: `[${versions}]` } : model.tags;
  return {
    info: {
      model_id: model.id,
      experiment_id: model.experimentId,
      name: model.name,
      creation_timestamp_ms: model.createdAt,
      last_updated_timestamp_ms: model.updatedAt,
      artifact_uri: model.artifactLocation,
      status: STATUS[model.status],
      model_type: model.modelType,
      source_run_id: model.runId ?? '',
      status_message: model.statusMessage || undefined,
      tags: pairsOf(tags),
    },
    data: {
      params: pairsOf(params),
      metrics:
        metrics.length === 0
          ? undefined
          : metrics.map(({ key, value, time, step, runId, datasetName, datasetDigest }) => ({
              key,
              value: value === 'Infinity' || value === '-Infinity' ? finite(Number(value)) : value,
              timestamp: time,
              step,
              dataset_name: datasetName || undefined,
              dataset_digest: datasetDigest || undefined,
              model_id: model.id,
              run_id: runId,
            })),
    },
  };
}
