/**
 * What may serve? A logged model is what a run made (loggedModels.ts): files, params, tags, and points that were measured of it
 * (modelMetrics.ts); runs make models and read them (runModels.ts). A registered model is a name that a team agreed on
 * (registeredModels.ts), with numbered versions (changeVersions.ts), each made from a logged model, another version or a place elsewhere
 * (sources.ts), and aliases that point at versions (aliases.ts). Searches take conditions as values (conditions.ts), so that every
 * grammar can have its own parser.
 *
 *
 * Beyond MLflow's record: a bundle says how a logged model is served (bundle/); versions are shown in full, compared and restored
 * (version/), have a card (card/), are asked the rows of evaluation sets (evaluate/), and move to a stage or an alias through their model's
 * gate alone, whichever API asks (gate/passGate.ts).
 *
 * What always holds: the number of a version is given once, also after a deletion; a version keeps the place of its files, whatever
 * becomes of what it was made from; an alias points at a version that is there; a name that was deleted is free again.
 */
export { deleteAlias, requireMayPoint, setAlias, versionOfAlias } from './aliases.ts';
export { createVersion, deleteVersion, type NewVersion, updateVersion } from './changeVersions.ts';
export type { Condition, Operator } from './conditions.ts';
export { type AskModel, createEvaluator } from './evaluate/evaluator.ts';
export { evaluationSetReferences } from './evaluate/sets.ts';
export { settleWaiting } from './gate/approvals.ts';
export { createLoggedModel, deleteLoggedModel, type NewLoggedModel, updateLoggedModel } from './loggedModels.ts';
export { isFrozenModel, type ModelFile, modelFiles } from './modelFiles.ts';
export { logModelMetrics, type ModelPoint } from './modelMetrics.ts';
export { readLoggedModels, requireLoggedModel } from './readLoggedModels.ts';
export { latestVersions, requireVersion } from './readVersions.ts';
export { createModel, deleteModel, type ModelRow, requireModel, updateModel } from './registeredModels.ts';
export { createRegistryRouter } from './router.ts';
export { addRunModels, modelsIn, modelsOfPage, modelsOfRuns, type RunModels } from './runModels.ts';
export {
  type DatasetChoice,
  type LoggedModelAttribute,
  type LoggedModelOrder,
  type LoggedModelSearch,
  searchLoggedModels,
} from './searchLoggedModels.ts';
export { type ModelSearch, PROMPT_TAG, searchModels, searchVersions, type VersionField, type VersionSearch } from './searchModels.ts';
export { parseModelSource } from './sources.ts';
export { authorsOfModel, requireTrust } from './trust.ts';
