/**
 * Which cells and hidden state made this? A session is one process from its start to its end, an execution one run of one cell in it. A
 * notebook is known by its path for one user, and keeps its id, and with it its runs, when it is renamed or moved. What always holds:
 * records may come twice and late (a spool is replayed); the last word on an execution counts, and none changes what is already right.
 */
export { type DesignRoutesOptions, designRoutes } from './designRoutes.ts';
export { storeEnvironment } from './environments.ts';
export { storeExecutions } from './executions.ts';
export { moveNotebooks, moveSession, notebooksAt } from './notebooks.ts';
export { checkPart, keepLarge, partReferences, type ReadyPart, storeParts } from './parts.ts';
export { putSnapshot } from './putSnapshot.ts';
export { createDesignRouter } from './router.ts';
export { endSession, startSession } from './sessions.ts';
export { publishSnapshot, type SnapshotNews } from './snapshotNews.ts';
export { startSweepingParts, sweepParts } from './sweepParts.ts';
export { readVerifySettings, type VerifySettings } from './verifySettings.ts';
export { createVerifyWorker, type VerifyWorker } from './verifyWorker.ts';
