import { failure } from '../core/failure.ts';

/** Nothing is logged to a run that is deleted, by itself or with its experiment. */
export function runIsDeleted(id: string, field: string) {
  return failure('CONFLICT', { field, reason: `run ${id} is deleted`, remedy: 'restore it, or log to another run' });
}
