/** The files of a logged model, wherever its artifact location lies: among those of the workspace, or in a run's artifacts. */
import type { Db } from '../core/context.ts';
import { addressOf, pathOfLocation } from '../tracking/index.ts';

export interface ModelFile {
  /** Relative to the model's folder: "model.onnx". */
  path: string;
  digest: string;
  /** bytes */
  size: number;
}

/**
 * By path; of a deleted model too, since what serves it must be able to start again. Null where there is no such model, or where its
 * files lie outside of this server.
 */
export async function modelFiles(db: Db, loggedModelId: string): Promise<ModelFile[] | null> {
  const [model] = await db<{ workspaceId: string; location: string }[]>`
    select workspace_id as "workspaceId", artifact_location as location from logged_models where id = ${loggedModelId}`;
  const path = model ? pathOfLocation(model.location) : null;
  if (!model || path === null) return null;
  const address = await addressOf(db, model.workspaceId, path);
  const inside = address.path === '' ? '' : `${address.path}/`;
  const rows =
    address.runId === null
      ? await db<Row[]>`
          select path, digest, size from files where workspace_id = ${model.workspaceId} and starts_with(path, ${inside})`
      : await db<Row[]>`select path, digest, size from artifacts where run_id = ${address.runId} and starts_with(path, ${inside})`;
  return rows
    .map(({ path, digest, size }) => ({ path: path.slice(inside.length), digest, size: Number(size) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

interface Row {
  path: string;
  digest: string;
  size: string;
}
