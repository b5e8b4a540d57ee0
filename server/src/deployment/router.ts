import { contract } from '@cellkeep/schema';
import { implement } from '@orpc/server';
import type { CallContext } from '../core/context.ts';
import { notYet } from '../core/notYet.ts';

export function createDeploymentRouter() {
  const os = implement(contract.deployment).$context<CallContext>();
  return os.router(notYet(contract.deployment));
}
