/**
 * What happened? An experiment holds runs; a run has params, tags, notes, metric series and artifacts, and says which cell and commit it
 * came from. Kernels and scripts write numbered batches (ingest.ts), everybody else single operations (router.ts); both end in the same
 * functions. A series is a summary row and chunks of points (chunks.ts, appendPoints.ts, readHistory.ts); changes are published after
 * their commit and gathered for whoever watches (watch.ts). What always holds: a batch, or a point, that comes twice counts once; what
 * was acknowledged is committed; a run is never removed, only hidden.
 */
export {
  addressOf,
  artifactRootOf,
  deleteAny,
  type FileAddress,
  findAny,
  kindOf,
  listAny,
  mediaTypeOfAny,
  pathOfLocation,
  receiveAny,
} from './anyFile.ts';
export { cleanPath, decodedPath } from './artifactPath.ts';
export { artifactRoutes } from './artifactRoutes.ts';
export { artifactReferences } from './artifacts.ts';
export { ensureDefaultExperiment } from './experiments.ts';
export { deleteFiles, fileReferences, findFile, keepFile, listFiles, requireFile, type StoredFile } from './files.ts';
export type { FolderEntry } from './folders.ts';
export { guessMediaType, servedType } from './mediaType.ts';
export { WentAway } from './receiveBody.ts';
export { hotTracking } from './hotOperations.ts';
export { createTrackingRouter } from './router.ts';
export { newRunName } from './runNames.ts';
export { sendArtifact } from './sendArtifact.ts';
export { startSweepingUploads } from './sweepUploads.ts';
export { createTracking, type Tracking } from './tracking.ts';
export { cancelUpload, openedUpload, receivePart, requireUpload, startUpload, uploadReferences } from './uploads.ts';
