/** From which the operations of this room are made, in as many files as they have subjects. */
import { contract } from '@cellkeep/schema';
import { implement } from '@orpc/server';
import type { CallContext } from '../core/context.ts';

export const os = implement(contract.registry).$context<CallContext>();
