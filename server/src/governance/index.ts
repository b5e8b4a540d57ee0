/**
 * The proof. Each change is an event, written with the change itself and chained by hash behind it; each thing that was made from another
 * has an edge to it. This room reads both back: the audit log, whether its chain is whole, and what led to a thing and came of it.
 */
export { createGovernanceRouter } from './router.ts';
export { type Sealer, startSealer } from './sealer.ts';
