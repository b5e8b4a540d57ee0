/** One request by its id: the chunk that holds it, and what serves it came from. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bundle, Origin } from '@cellkeep/schema/registry';
import { origin } from '@cellkeep/schema/registry';
import type { CallContext } from '../../core/context.ts';
import { failure } from '../../core/failure.ts';
import { BrokenChunk, findRequest, type LoggedRequest, type PredictionPlace, parsePredictionId } from '../predictionLog/index.ts';

/** ms: hosts write about once a second, and whoever got an answer may ask at once. */
const WRITTEN_WITHIN = 10_000;
const LOOK = 250;
const PATIENCE = 3_000;

export interface FoundPrediction {
  request: LoggedRequest;
  endpointId: string;
  endpoint: string;
  loggedModelId: string | null;
  origin: Origin;
  bundle: Bundle | null;
}

interface Row {
  payload: Buffer;
  firstNumber: number;
  endpointId: string;
  endpoint: string;
}

/** @throws NOT_FOUND */
export async function findPrediction(
  { sql, caller, now }: Pick<CallContext, 'sql' | 'caller' | 'now'>,
  id: string,
): Promise<FoundPrediction> {
  const place = parsePredictionId(id);
  const found = place && (await findWritten({ sql, caller }, place, Math.abs(now() - place.at) < WRITTEN_WITHIN ? PATIENCE : 0));
  if (!found) {
    const remedy = 'look whether the id is whole; requests are kept as many days as their endpoint says';
    throw failure('NOT_FOUND', { field: 'id', reason: `no request ${id} is kept`, remedy });
  }
  const { request, ...where } = found;
  const [model] = await sql<{ loggedModelId: string; runId: string | null; bundle: Bundle | null }[]>`
    select r.logged_model_id as "loggedModelId", m.run_id as "runId", b.bundle
    from releases r left join logged_models m on m.id = r.logged_model_id left join model_bundles b on b.logged_model_id = r.logged_model_id
    where r.id = ${request.releaseId}`;
  const known = model?.bundle?.origin ?? origin.parse({});
  return {
    ...{ request, endpointId: where.endpointId, endpoint: where.endpoint },
    loggedModelId: model?.loggedModelId ?? null,
    bundle: model?.bundle ?? null,
    origin: { ...known, runId: known.runId ?? model?.runId ?? null },
  };
}

async function findWritten(
  context: Pick<CallContext, 'sql' | 'caller'>,
  place: PredictionPlace,
  patience: number,
): Promise<(Omit<Row, 'payload' | 'firstNumber'> & { request: LoggedRequest }) | null> {
  for (let waited = 0; ; waited += LOOK) {
    const row = await findChunk(context, place);
    const request = row && (await findRequest(row.payload, row.firstNumber, place.number).catch(asNotKept));
    // The time is part of the id: with another one it names nothing.
    if (row && request?.at === place.at) return { request, endpointId: row.endpointId, endpoint: row.endpoint };
    if (row || waited >= patience) return null;
    await sleep(LOOK);
  }
}

function asNotKept(error: unknown): never {
  if (!(error instanceof BrokenChunk)) throw error;
  const remedy = 'nothing of it can be shown, since it might be of another request';
  throw failure('NOT_FOUND', { field: 'id', reason: `the chunk that holds this request is broken: ${error.message}`, remedy }, error);
}

async function findChunk({ sql, caller }: Pick<CallContext, 'sql' | 'caller'>, { life, number }: PredictionPlace): Promise<Row | null> {
  const [row] = await sql<Row[]>`
    select c.payload, c.first_number::float8 as "firstNumber", c.endpoint_id as "endpointId", e.name as endpoint
    from prediction_chunks c join endpoints e on e.id = c.endpoint_id
    where c.life = ${life} and c.first_number <= ${number} and c.last_number >= ${number} and e.workspace_id = ${caller.workspaceId}
    order by c.first_number desc limit 1`;
  return row ?? null;
}
