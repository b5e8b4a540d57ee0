import { contract } from '@cellkeep/schema';
import { implement } from '@orpc/server';
import type { CallContext } from '../core/context.ts';

/** Of the room's operations, for every file that implements some. */
export const os = implement(contract.deployment).$context<CallContext>();
