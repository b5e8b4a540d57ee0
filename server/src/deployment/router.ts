import { contract } from '@cellkeep/schema';
import { notYet } from '../core/notYet.ts';
import { endpointHandlers } from './endpointHandlers.ts';
import type { Seen } from './endpoints/readEndpoints.ts';
import { os } from './implementer.ts';
import { type Promoting, promotionHandlers } from './promotions/promotionHandlers.ts';

export function createDeploymentRouter(seen: Seen, promoting: Promoting) {
  return os.router({
    ...notYet(contract.deployment),
    ...endpointHandlers(seen),
    ...promotionHandlers(promoting),
  });
}
