/** Tags by which MLflow's clients say what has a place of its own here. */

/** Of a run: its name. */
export const RUN_NAME = 'mlflow.runName';
/** Of a run: its notes. Of an experiment: its description. */
export const NOTE = 'mlflow.note.content';
export const PARENT = 'mlflow.parentRunId';

/** Whom its process ran as. */
export const USER = 'mlflow.user';

export const SOURCE_NAME = 'mlflow.source.name';
export const COMMIT = 'mlflow.source.git.commit';
export const BRANCH = 'mlflow.source.git.branch';
export const REPOSITORY = 'mlflow.source.git.repoURL';
export const DIRTY = 'mlflow.source.git.dirty';

/** Of an input: what it was read for. */
export const DATASET_CONTEXT = 'mlflow.data.context';
export const LOGGED_MODELS = 'mlflow.log-model.history';

/** Set by our bridge, where there is one: the cell that logs. */
export const SESSION = 'cellkeep.session';
export const EXECUTION = 'cellkeep.execution';
export const CELL = 'cellkeep.cell';
export const EXECUTION_COUNT = 'cellkeep.executionCount';
