/** An evaluation set goes over HTTP: a message too large for the WebSocket would end it for the whole page, without a reason. */
import type { EvaluationSet, evaluationSetPut } from '@cellkeep/schema/registry';
import type { z } from 'zod';
import { type Connection, OfflineError, refusalOf } from '../../connection.ts';

export async function storeSet(
  { request }: Pick<Connection, 'request'>,
  { id, ...set }: z.input<typeof evaluationSetPut>,
): Promise<EvaluationSet> {
  const answer = await request(`api/v1/evaluation-sets/${id}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(set),
  }).catch((error: unknown) => {
    throw Object.assign(new OfflineError(), { cause: error });
  });
  if (!answer.ok) throw await refusalOf(answer);
  return (await answer.json()) as EvaluationSet;
}
