import type { QueueWorker } from '../core/queueWorker.ts';
import { batchHandlers } from './batches/batchHandlers.ts';
import { endpointHandlers } from './endpointHandlers.ts';
import type { Seen } from './endpoints/readEndpoints.ts';
import { os } from './implementer.ts';
import { predictionHandlers } from './predictions/predictionHandlers.ts';
import { type Promoting, promotionHandlers } from './promotions/promotionHandlers.ts';
import type { WithScorer } from './scorer/scorer.ts';
import type { RayTargets } from './targets/rayDeployments.ts';
import { targetHandlers } from './targets/targetHandlers.ts';

export interface Deploying {
  seen: Seen;
  promoting: Promoting;
  withScorer: WithScorer;
  batchWorker: Pick<QueueWorker, 'wake'>;
  targets: RayTargets;
}

export function createDeploymentRouter({ seen, promoting, withScorer, batchWorker, targets }: Deploying) {
  return os.router({
    ...endpointHandlers(seen),
    ...predictionHandlers(withScorer),
    ...batchHandlers(batchWorker),
    ...targetHandlers(targets),
    ...promotionHandlers(promoting),
  });
}
