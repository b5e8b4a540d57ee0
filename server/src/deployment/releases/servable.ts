/** Which versions may be put behind an endpoint. */
import type { Runtime } from '@cellkeep/schema/registry';
import type { Db } from '../../core/context.ts';
import { failure } from '../../core/failure.ts';
import { requireModel, requireVersion } from '../../registry/index.ts';

export interface Servable {
  modelId: string;
  loggedModelId: string;
  runtime: Runtime;
  notebookPath: string | null;
}

/**
 * A version with a bundle, which is not deleted. What serves already goes on when its version is deleted later: files that a release
 * needs are not collected.
 * @throws NOT_FOUND, CONFLICT
 */
export async function requireServable(
  db: Db,
  workspaceId: string,
  { modelName, version }: { modelName: string; version: number },
): Promise<Servable> {
  const model = await requireModel(db, workspaceId, modelName).catch((error: unknown) => {
    throw isNotFound(error)
      ? failure('NOT_FOUND', { field: 'modelName', reason: `no registered model ${JSON.stringify(modelName)}` })
      : error;
  });
  const { loggedModelId, status } = await requireVersion(db, model, version);
  if (status !== 'ready') {
    throw failure('CONFLICT', {
      field: 'version',
      reason: `version ${version} of ${JSON.stringify(modelName)} is ${status}`,
      remedy: 'choose one that is ready',
    });
  }
  const [row] =
    loggedModelId === null
      ? []
      : await db<{ runtime: Runtime; notebookPath: string | null }[]>`
    select bundle ->> 'runtime' as runtime, bundle -> 'origin' ->> 'notebookPath' as "notebookPath" from model_bundles
    where logged_model_id = ${loggedModelId}`;
  if (!row || loggedModelId === null) {
    const reason = `version ${version} of ${JSON.stringify(modelName)} has no bundle: it was registered, not promoted`;
    throw failure('CONFLICT', { field: 'version', reason, remedy: 'promote it: that exports and checks it first' });
  }
  return { modelId: model.id, loggedModelId, ...row };
}

const isNotFound = (error: unknown) => (error as { code?: unknown } | null)?.code === 'NOT_FOUND';
