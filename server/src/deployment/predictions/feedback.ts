/** What came of a prediction: said once or many times, the last word counts. */
import { fromWire, type WireNumber } from '@cellkeep/schema/wire';
import { requireRole } from '../../access/index.ts';
import type { CallContext } from '../../core/context.ts';
import { failure } from '../../core/failure.ts';
import { type FoundPrediction, findPrediction } from './findPrediction.ts';
import { noSuchRow } from './onePrediction.ts';

export interface Said {
  id: string;
  row: number;
  value?: WireNumber;
  label: string | null;
}

/** @param endpointId of whoever may speak of this endpoint alone @returns false where the same was said before */
export async function giveFeedback(
  context: Pick<CallContext, 'sql' | 'caller' | 'now'>,
  said: Said,
  endpointId?: string,
): Promise<boolean> {
  requireRole(context, 'editor');
  const { sql, caller, now } = context;
  const { id, row, label } = said;
  const found = await findPrediction(context, id);
  if (endpointId !== undefined && found.endpointId !== endpointId)
    throw failure('NOT_FOUND', { field: 'id', reason: `no request ${id} of this endpoint is kept` });
  const { rows, releaseId, status } = found.request;
  if (status >= 400) throw failure('CONFLICT', { field: 'id', reason: `this request was answered with ${status}: it has no prediction` });
  if (row >= rows) throw noSuchRow(row, rows);
  const value = numberSaid(found, said);
  const stored = await sql`
    insert into feedback (prediction_id, "row", endpoint_id, release_id, value, label, user_id, at)
    values (${id}, ${row}, ${found.endpointId}, ${releaseId}, ${value}, ${label}, ${caller.userId}, ${now()})
    on conflict (prediction_id, "row") do update set value = excluded.value, label = excluded.label, user_id = excluded.user_id, at = excluded.at
    where (feedback.value, feedback.label) is distinct from (excluded.value, excluded.label)
    returning "row"`;
  return stored.length > 0;
}

/** Where only the true label is known, it is 1 if the prediction was that and 0 if not. */
function numberSaid({ request, bundle }: FoundPrediction, { value, label, row }: Said): number {
  if (value !== undefined) {
    const number = fromWire(value);
    if (Number.isFinite(number)) return number;
    throw failure('BAD_REQUEST', { field: 'value', reason: `${value} cannot be averaged with others`, remedy: 'give a finite number' });
  }
  if (label === null)
    throw failure('BAD_REQUEST', { field: 'value', reason: 'neither a value nor a label is there', remedy: 'give one of them' });
  const predicted = request.outputs?.data[row]?.[0];
  if (bundle?.task === 'classification' && predicted !== undefined) return String(predicted) === label ? 1 : 0;
  const reason = bundle?.task === 'classification' ? 'the answer of this request was not kept' : 'this model predicts no labels';
  throw failure('BAD_REQUEST', { field: 'value', reason: `a label alone says nothing here: ${reason}`, remedy: 'give a value as well' });
}
