/**
 * `GET` and `POST /runs/export`, `GET /runs/:runId/metrics/export`: tables as CSV, lines of JSON or Parquet, streamed. The header
 * `x-cellkeep-rows` says how many rows will come, for who shows how far it is.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { runOrder, runScope } from '@cellkeep/schema/tracking';
import { limits, runId } from '@cellkeep/schema/wire';
import { json, type Request, type RequestHandler, type Response, Router } from 'express';
import { z } from 'zod';
import type { CallContext, Caller, Services } from '../../core/context.ts';
import { failure, toIssue } from '../../core/failure.ts';
import { codeOf } from '../../core/plainError.ts';
import { type Block, FORMATS, type TableColumn } from '../../core/tableFormats.ts';
import { tableOfPoints } from './exportPoints.ts';
import { tableOfRuns } from './exportRuns.ts';

const format = z.enum(['csv', 'json', 'parquet']).default('csv');
const columns = z.array(z.string().min(1).max(300)).max(limits.page).default([]);

export const exportInput = z.object({
  ...runScope,
  orderBy: runOrder,
  format: format.describe('json: one object a line.'),
  columns: columns.describe('"name", "params.lr", "metrics.loss.min" …; none: the attributes and every key that is in use.'),
});

const pointsInput = z.object({ format, key: z.array(z.string()).max(limits.page).default([]) });

export interface ExportRoutesOptions {
  services: Services;
  callerOf: (response: Response) => Caller;
}

/** Mounted below /api/v1, after authentication. */
export function exportRoutes({ services, callerOf }: ExportRoutesOptions): Router {
  const router = Router();
  const contextOf = (response: Response): CallContext => ({
    ...services,
    caller: callerOf(response),
    requestId: String(response.locals.requestId),
  });
  router.get('/runs/export', ({ query }, response) => sendRuns(contextOf(response), accepted(exportInput, fromQuery(query)), response));
  router.post('/runs/export', jsonAlone, json({ limit: '1mb' }), ({ body }, response) =>
    sendRuns(contextOf(response), accepted(exportInput, body ?? {}), response),
  );
  router.get('/runs/:runId/metrics/export', async ({ params, query }, response) => {
    const id = accepted(z.object({ runId }), params).runId;
    const input = accepted(pointsInput, { ...query, key: listed(query.key) });
    const { sql, caller } = contextOf(response);
    const table = await tableOfPoints(sql, caller.workspaceId, id, input.key);
    await send(response, `run-${id.slice(0, 8)}-metrics`, input.format, table);
  });
  return router;
}

/** A body of another type would be passed over, and everything exported. */
const jsonAlone: RequestHandler = (request, _response, next) => {
  const hasBody = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  if (!hasBody || request.is('application/json')) return next();
  const reason = `the body is ${JSON.stringify(String(request.headers['content-type']).slice(0, 100))}`;
  throw failure('UNSUPPORTED_MEDIA_TYPE', { field: 'content-type', reason, remedy: 'send application/json' });
};

async function sendRuns(
  context: CallContext,
  { format, columns, ...scope }: z.infer<typeof exportInput>,
  response: Response,
): Promise<void> {
  await send(response, 'runs', format, await tableOfRuns(context, { ...scope, details: true }, columns));
}

type Table = { columns: TableColumn[]; total: number; blocks: AsyncIterable<Block> };

async function send(response: Response, name: string, format: keyof typeof FORMATS, { columns, total, blocks }: Table): Promise<void> {
  const { type, write } = FORMATS[format];
  response.setHeader('content-type', type);
  response.setHeader('content-disposition', `attachment; filename="${name}.${format === 'json' ? 'jsonl' : format}"`);
  response.setHeader('x-cellkeep-rows', String(total));
  response.setHeader('cache-control', 'no-store');
  try {
    await pipeline(Readable.from(write(columns, blocks), { objectMode: false, highWaterMark: 65_536 }), response);
  } catch (error) {
    if (codeOf(error) !== 'ERR_STREAM_PREMATURE_CLOSE') throw error; // else the client went away
  }
}

function accepted<T>(schema: z.ZodType<T>, given: unknown): T {
  const { data, error } = schema.safeParse(given);
  if (error) throw failure('BAD_REQUEST', error.issues.map(toIssue));
  return data as T;
}

const listed = (value: unknown) => (value === undefined ? undefined : [value].flat());

/** `?experimentId=1&experimentId=2&orderBy=metrics.loss:desc&column=name&column=params.lr` */
function fromQuery({ experimentId, orderBy, column, ...rest }: Request['query']): unknown {
  const orders = listed(orderBy)?.map((one) => {
    const [, by = String(one), direction] = /^(.*):(asc|desc)$/s.exec(String(one)) ?? [];
    return { by, direction };
  });
  return { ...rest, experimentIds: listed(experimentId), orderBy: orders, columns: listed(column) };
}
