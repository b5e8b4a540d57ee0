/**
 * What happened? An experiment holds runs; a run has params, tags, notes, metric series and artifacts, and says which cell and commit it
 * came from. Kernels and scripts write numbered batches (ingest.ts), everybody else single operations (router.ts); both end in the same
 * functions. A series is a summary row and chunks of points (chunks.ts, appendPoints.ts, readHistory.ts); changes are published after
 * their commit and gathered for whoever watches (watch.ts). What always holds: a batch, or a point, that comes twice counts once; what
 * was acknowledged is committed; a run is never removed, only hidden.
 */

export { WentAway } from '../core/receiveBody.ts';
export {
  addressOf,
  addressToStore,
  artifactRootOf,
  deleteAny,
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
export { changeLockedRun, changeRun, type LockedRun, type RunChange, setRunsDeleted } from './changeRuns.ts';
export type { Columns } from './chunks.ts';
export { joinColumns, sliceColumns } from './columns.ts';
export { createRun } from './createRun.ts';
export { type LoggedDataset, type LoggedInput, logInputs, readInputs, summarizeDatasets } from './datasets.ts';
export { type ExperimentRecord, findExperimentNamed, findExperimentRecord, findExperimentRecords } from './experimentRecords.ts';
export { createExperiment, ensureDefaultExperiment, setExperimentDeleted, updateExperiment } from './experiments.ts';
export { exportInput, exportRoutes } from './export/exportRoutes.ts';
export { deleteFiles, fileReferences, findFile, forgetFiles, keepFile, listFiles, requireFile, type StoredFile } from './files.ts';
export { findStretch } from './findStretch.ts';
export type { FileAddress, FolderEntry } from './folders.ts';
export { type FrozenFile, findFrozen, freezeFolder, readFolder } from './frozenFolders.ts';
export { hotTracking } from './hotOperations.ts';
export { findPlace } from './ingest.ts';
export { inOneChange } from './inOneChange.ts';
export { logToRun, type RunLog } from './logToRun.ts';
export { guessMediaType, servedType } from './mediaType.ts';
export { mayBeParent } from './parents.ts';
export { readCurves } from './readHistory.ts';
export type { LastPoints, RunRecord } from './recordsRow.ts';
export { createTrackingRouter } from './router.ts';
export { newRunName } from './runNames.ts';
export { findRunRecords, readRunRecords } from './runRecords.ts';
export type { Column, Fragment, Order } from './search/index.ts';
export { sendArtifact } from './sendArtifact.ts';
export { type Pieces, readPieces } from './stretches.ts';
export { startSweepingUploads } from './sweepUploads.ts';
export { createTracking, type Tracking } from './tracking.ts';
export { cancelUpload, openedUpload, receivePart, requireUpload, startUpload, uploadReferences } from './uploads.ts';
export { setVerdict } from './verdictOfRun.ts';
