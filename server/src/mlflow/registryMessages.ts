/** Registered models and versions as MLflow's clients read them. */
import type { ModelVersion } from '@cellkeep/schema/registry';
import type { ModelRow } from '../registry/index.ts';
import { pairsOf } from './modelWords.ts';

const STATUS = { pending: 'PENDING_REGISTRATION', ready: 'READY', failed: 'FAILED_REGISTRATION' };

export function versionOf(version: ModelVersion) {
  const { name, description, source, runId, runLink, stage, status, statusMessage, tags, aliases } = version;
  return {
    name,
    version: String(version.version),
    creation_timestamp: version.createdAt,
    last_updated_timestamp: version.updatedAt,
    current_stage: stage,
    description,
    source,
    run_id: runId,
    status: STATUS[status],
    status_message: statusMessage || undefined,
    tags: pairsOf(tags),
    run_link: runLink,
    aliases: aliases.length > 0 ? aliases : undefined,
  };
}

/** @param latest of each stage its newest version, without aliases: those are the model's */
export function modelOf({ name, description, tags, aliases, createdAt, updatedAt }: ModelRow, latest: readonly ModelVersion[]) {
  return {
    name,
    creation_timestamp: createdAt,
    last_updated_timestamp: updatedAt,
    description: description || undefined,
    latest_versions: latest.length > 0 ? latest.map((version) => versionOf({ ...version, aliases: [] })) : undefined,
    tags: pairsOf(tags),
    aliases: aliases.length > 0 ? aliases.map(({ alias, version }) => ({ alias, version: String(version) })) : undefined,
  };
}
