/**
 * The requests of an endpoint, newest first. They lie in chunks whose times overlap, a row for each host and second: a request is listed
 * once no chunk that is not read yet can hold a newer one.
 */
import type { PredictionSummary } from '@cellkeep/schema/deployment';
import type { CallContext, Db } from '../../core/context.ts';
import { cursorOf, readCursor } from '../../core/cursor.ts';
import { requireEndpoint } from '../endpoints/readEndpoints.ts';
import { BrokenChunk, type LoggedRequest, predictionIdOf, readChunk } from '../predictionLog/index.ts';

/** Chunks that one page reads without finding anything; then it is short, and the next one goes on. */
const MOST_CHUNKS = 100;
/** Chunks of one statement: a busy second has a megabyte or two. */
const AT_ONCE = 4;

interface Search {
  endpoint: string;
  limit: number;
  cursor?: string;
  releaseId?: string;
  status?: 'ok' | 'error';
  shadow: boolean;
}

interface Place {
  at: number;
  life: number;
  number: number;
}

/** A request, and when the chunk that holds it ends. */
type Found = LoggedRequest & { life: number; within: number };

/** Where a page begins: behind `after`, in chunks that end no later than `within`. */
interface Begin {
  after: Place;
  within: number;
}

const NEWEST: Begin = { after: { at: Number.MAX_SAFE_INTEGER, life: 0, number: 0 }, within: Number.MAX_SAFE_INTEGER };

export async function listPredictions({ sql, caller }: CallContext, search: Search) {
  const { id, name } = await requireEndpoint(sql, caller.workspaceId, search.endpoint, { field: 'endpoint' });
  const begin = beginOf(search.cursor);
  const chunks = chunksOf(sql, id, begin, search.status === 'error');
  const waiting: Found[] = [];
  const page: Found[] = [];
  let next = await chunks();
  for (let read = 0; page.length < search.limit; ) {
    const newest = waiting[0];
    if (next && (!newest || next.lastAt >= newest.at)) {
      if (read >= MOST_CHUNKS && !newest) break;
      read += 1;
      const { life, firstNumber, lastAt, payload } = next;
      for (const request of await readChunk(payload, firstNumber, { rows: false }).catch(noneOfBroken)) {
        const found = { ...request, life, within: lastAt };
        if (isWanted(found, search) && compare(found, begin.after) > 0) waiting.push(found);
      }
      waiting.sort(compare);
      next = await chunks();
    } else if (newest) page.push(waiting.shift() as Found);
    else break;
  }
  const hasMore = waiting.length > 0 || next !== null;
  const { at, life, number } = page.at(-1) ?? begin.after;
  const within = Math.max(next?.lastAt ?? 0, ...waiting.map((found) => found.within));
  return {
    predictions: page.map((request) => summaryOf(request, name)),
    nextCursor: hasMore ? cursorOf([at, life, number, within]) : null,
  };
}

/** One chunk that cannot be read hides no other. */
function noneOfBroken(error: unknown): LoggedRequest[] {
  if (error instanceof BrokenChunk) return [];
  throw error;
}

/** Newest first, and in one order where many came in one ms. */
const compare = (a: Place, b: Place): number => b.at - a.at || b.life - a.life || b.number - a.number;

const isWanted = ({ releaseId, status, isShadow }: LoggedRequest, wanted: Search): boolean =>
  (wanted.releaseId === undefined || releaseId === wanted.releaseId) &&
  (wanted.status === undefined || status >= 400 === (wanted.status === 'error')) &&
  (wanted.shadow || !isShadow);

function beginOf(cursor: string | undefined): Begin {
  if (cursor === undefined) return NEWEST;
  const [at = 0, life = 0, number = 0, within = 0] = readCursor(cursor, ['integer', 'integer', 'integer', 'integer']).map(Number);
  return { after: { at, life, number }, within };
}

export const summaryOf = (request: LoggedRequest & { life: number }, endpoint: string): PredictionSummary => ({
  id: predictionIdOf(request),
  endpoint,
  releaseId: request.releaseId,
  modelName: request.modelName,
  version: request.version,
  at: request.at,
  latencyUs: Math.round(request.latencyUs),
  rows: request.rows,
  status: request.status,
  protocol: request.protocol,
  isShadow: request.isShadow,
  tokenLabel: request.caller,
});

interface Chunk {
  life: number;
  firstNumber: number;
  lastAt: number;
  payload: Buffer;
}

/** Those that end last come first. */
function chunksOf(db: Db, endpointId: string, { after, within }: Begin, hasErrors: boolean): () => Promise<Chunk | null> {
  let rows: Chunk[] = [];
  let last: Pick<Chunk, 'lastAt' | 'life' | 'firstNumber'> | null = null;
  return async () => {
    if (rows.length === 0) {
      rows = await db<Chunk[]>`
        select life::float8 as life, first_number::float8 as "firstNumber", last_at::float8 as "lastAt", payload from prediction_chunks
        where endpoint_id = ${endpointId} and last_at <= ${within} and first_at <= ${after.at} ${hasErrors ? db`and errors > 0` : db``}
          ${last ? db`and (last_at, life, first_number) < (${last.lastAt}::bigint, ${last.life}::bigint, ${last.firstNumber}::bigint)` : db``}
        order by last_at desc, life desc, first_number desc limit ${AT_ONCE}`;
    }
    const next = rows.shift() ?? null;
    last = next ?? last;
    return next;
  };
}
