/**
 * The files of a logged model, wherever its artifact location lies: among those of the workspace, or in a run's artifacts. Once a version is
 * made of it they are those that were there then: code of a model is trusted as it was, whoever may write into the folder.
 */
import type { Db } from '../core/context.ts';
import { addressOf, type FileAddress, type FrozenFile, findFrozen, freezeFolder, pathOfLocation, readFolder } from '../tracking/index.ts';

/** Its path is relative to the model's folder: "model.onnx". */
export type ModelFile = FrozenFile;

/**
 * By path; of a deleted model too, since what serves it must be able to start again. Null where there is no such model, or where its
 * files lie outside of this server.
 */
export async function modelFiles(db: Db, loggedModelId: string): Promise<ModelFile[] | null> {
  const place = await placeOf(db, loggedModelId);
  return place && ((await findFrozen(db, place.workspaceId, place)) ?? readFolder(db, place.workspaceId, place));
}

/** From here on the model's files are what they are now. */
export async function freezeModel(tx: Db, loggedModelId: string, at: Date): Promise<void> {
  const place = await placeOf(tx, loggedModelId);
  if (place) await freezeFolder(tx, place.workspaceId, place, at);
}

/** Whether what is loaded of it is what was there when it was registered. */
export async function isFrozenModel(db: Db, loggedModelId: string): Promise<boolean> {
  const place = await placeOf(db, loggedModelId);
  return place !== null && (await findFrozen(db, place.workspaceId, place)) !== null;
}

async function placeOf(db: Db, loggedModelId: string): Promise<(FileAddress & { workspaceId: string }) | null> {
  const [model] = await db<{ workspaceId: string; location: string }[]>`
    select workspace_id as "workspaceId", artifact_location as location from logged_models where id = ${loggedModelId}`;
  const path = model ? pathOfLocation(model.location) : null;
  if (!model || path === null) return null;
  return { workspaceId: model.workspaceId, ...(await addressOf(db, model.workspaceId, path)) };
}
