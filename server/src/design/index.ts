/**
 * Which cells and hidden state made this? A session is one process from its start to its end, an execution one run of one cell in it. A
 * notebook is known by its path for one user, and keeps its id, and with it its runs, when it is renamed or moved. A snapshot is the notebook
 * as it was and what it ran on: two halves that come from different clients and are joined (putSnapshot.ts). What they hold are parts, named
 * by their digest and stored once (parts.ts); read again cell by cell (showCells.ts), as a notebook (assembleNotebook.ts), or beside another
 * one (diff/). A verdict says whether a run could be made again: by its asker's own process, or by a child of the server, which takes it from
 * the table's queue (verdicts.ts, verifyWorker.ts, schedules.ts). What always holds: records may come twice and late (a spool is replayed); the last word on an execution counts, and none
 * changes what is already right; half of a snapshot, once stored, is rewritten by nobody; a verdict that has ended stays as it ended.
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
