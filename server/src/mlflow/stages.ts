import { type ModelStage, modelStage } from '@cellkeep/schema/registry';
import { invalidParameter } from './errors.ts';

/** The stage of this name in any case. */
export function stageOf(stage: string): ModelStage {
  const found = modelStage.options.find((one) => one.toLowerCase() === stage.toLowerCase());
  if (found) return found;
  throw invalidParameter(`Invalid Model Version stage: ${stage}. Value must be one of ${modelStage.options.join(', ')}.`);
}
