/** What serves now? Endpoints, their releases and hosts; promotions that lead there; what they answered. */
import { batchOperations } from './batchOperations.ts';
import { endpointOperations } from './endpointOperations.ts';
import { predictionOperations } from './predictionOperations.ts';
import { promotionOperations } from './promotionOperations.ts';
import { targetOperations } from './targetOperations.ts';

export const deploymentContract = {
  ...promotionOperations,
  ...endpointOperations,
  ...predictionOperations,
  ...batchOperations,
  ...targetOperations,
};
