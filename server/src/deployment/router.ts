import { contract } from '@cellkeep/schema';
import { notYet } from '../core/notYet.ts';
import type { QueueWorker } from '../core/queueWorker.ts';
import { batchHandlers } from './batches/batchHandlers.ts';
import { endpointHandlers } from './endpointHandlers.ts';
import type { Seen } from './endpoints/readEndpoints.ts';
import { os } from './implementer.ts';
import { predictionHandlers } from './predictions/predictionHandlers.ts';
import { type Promoting, promotionHandlers } from './promotions/promotionHandlers.ts';
import type { WithScorer } from './scorer/scorer.ts';

export interface Deploying {
  seen: Seen;
  promoting: Promoting;
  withScorer: WithScorer;
  batchWorker: Pick<QueueWorker, 'wake'>;
}

export function createDeploymentRouter({ seen, promoting, withScorer, batchWorker }: Deploying) {
  return os.router({
    ...notYet(contract.deployment),
    ...endpointHandlers(seen),
    ...predictionHandlers(withScorer),
    ...batchHandlers(batchWorker),
    ...promotionHandlers(promoting),
  });
}
