/**
 * Why does a row have its answer? Shapley values of what a caller sends, against the background rows that travel with the model: exact of
 * trees (trees.ts) and of additive models (linear.ts) and where every coalition can be asked, else sampled with standard errors
 * (sampled.ts). The same question has the same answer, and the contributions sum to the answer less the mean over the background.
 *
 *     const material = await loadExplainMaterial(bundle, folder);          // once, beside the model
 *     const explanation = await explainRow(model, material, rows, 0, { output, signal });
 */
export { type ExplainOptions, explainRow } from './explainRow.ts';
export { type ExplainMaterial, loadExplainMaterial } from './material.ts';
export { CannotExplain } from './players.ts';
