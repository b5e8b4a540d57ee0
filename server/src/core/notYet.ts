import { implement } from '@orpc/server';
import type { CallContext } from './context.ts';
import { failure } from './failure.ts';

/** Answers 503 for every operation of a part of the contract whose room is still being built. */
// biome-ignore lint/suspicious/noExplicitAny: goes away with the last operation that is not built
export function notYet(part: any): any {
  const os = implement(part).$context<CallContext>();
  const answer = () => {
    throw failure('SERVICE_UNAVAILABLE', { field: '', reason: 'this operation is not built yet', remedy: 'wait for the next version' });
  };
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const walk = (contract: any, at: any): any =>
    '~orpc' in contract
      ? at.handler(answer)
      : Object.fromEntries(Object.entries(contract).map(([key, inner]) => [key, walk(inner, at[key])]));
  return walk(part, os);
}
