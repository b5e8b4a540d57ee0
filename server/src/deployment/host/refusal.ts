/** Why a request gets no answer, said in the shape of the protocol that it came in. */
import { commonErrors, type Issue } from '@cellkeep/schema/wire';
import type { Reply } from './http/reply.ts';

const MORE = {
  METHOD_NOT_ALLOWED: { status: 405, message: 'This address takes another method.' },
  TOO_MANY_REQUESTS: { status: 429, message: 'Too many requests at once.' },
  INTERNAL_SERVER_ERROR: { status: 500, message: 'The model failed.' },
  DEADLINE_EXCEEDED: { status: 504, message: 'No answer came in time.' },
} as const;

const KNOWN: Record<string, { status: number; message: string }> = { ...commonErrors, ...MORE };
export type RefusalCode = Exclude<keyof typeof commonErrors, 'FORBIDDEN' | 'INSUFFICIENT_STORAGE'> | keyof typeof MORE;

export class Refusal extends Error {
  override name = 'Refusal';
  readonly code: RefusalCode;
  readonly status: number;
  readonly issues: Issue[];
  /** seconds */
  readonly retryAfter: number | null;

  constructor(
    code: RefusalCode,
    issues: Issue | Issue[],
    { retryAfter = null, cause }: { retryAfter?: number | null; cause?: unknown } = {},
  ) {
    const { status, message } = KNOWN[code] as { status: number; message: string };
    super(message, { cause });
    this.code = code;
    this.status = status;
    this.issues = [issues].flat();
    this.retryAfter = retryAfter;
  }
}

export const badRequest = (field: string, reason: string, remedy?: string) =>
  new Refusal('BAD_REQUEST', { field, reason, ...(remedy === undefined ? {} : { remedy }) });

/** Everything in one sentence, for protocols whose errors are a text. */
export function textOf({ issues, message }: Refusal): string {
  const told = issues.map(({ field, reason, remedy }) => `${field ? `${field}: ` : ''}${reason}${remedy ? ` (${remedy})` : ''}`);
  return told.join('; ') || message;
}

export type RefusalShape = 'common' | 'mlflow' | 'v2';

const json = (status: number, body: unknown): Reply => ({ status, contentType: 'application/json', body: JSON.stringify(body) });

const SHAPES: Record<RefusalShape, (refusal: Refusal) => Reply> = {
  common({ code, status, message, issues }) {
    return json(status, { defined: true, code, status, message, data: { issues } });
  },
  // MLflow's scoring server answers an unknown content type in plain text, everything else as its REST API does.
  mlflow(refusal) {
    if (refusal.status === 415) return { status: 415, contentType: 'text/plain; charset=utf-8', body: textOf(refusal) };
    return json(refusal.status, { error_code: MLFLOW_CODES[refusal.code] ?? refusal.code, message: textOf(refusal) });
  },
  v2: (refusal) => json(refusal.status, { error: textOf(refusal) }),
};

const MLFLOW_CODES: Partial<Record<RefusalCode, string>> = {
  UNAUTHORIZED: 'UNAUTHENTICATED',
  NOT_FOUND: 'RESOURCE_DOES_NOT_EXIST',
  TOO_MANY_REQUESTS: 'REQUEST_LIMIT_EXCEEDED',
  SERVICE_UNAVAILABLE: 'TEMPORARILY_UNAVAILABLE',
  INTERNAL_SERVER_ERROR: 'INTERNAL_ERROR',
  PAYLOAD_TOO_LARGE: 'BAD_REQUEST',
};

export function refusalReply(refusal: Refusal, shape: RefusalShape): Reply {
  const reply = SHAPES[shape](refusal);
  const headers = [
    refusal.retryAfter === null ? '' : `retry-after: ${Math.max(1, Math.ceil(refusal.retryAfter))}\r\n`,
    refusal.status === 401 ? 'www-authenticate: Bearer realm="cellkeep"\r\n' : '',
  ].join('');
  return { ...reply, headers };
}

const BY_STATUS: Record<number, RefusalCode> = { 413: 'PAYLOAD_TOO_LARGE', 503: 'SERVICE_UNAVAILABLE' };

/** For what never became a request. */
export function httpRefusal(status: number, reason: string): Reply {
  const code = BY_STATUS[status];
  if (code) return refusalReply(new Refusal(code, { field: '', reason }, status === 503 ? { retryAfter: 1 } : {}), 'common');
  return json(status, { defined: true, code: 'BAD_REQUEST', status, message: 'This is no request that can be read.', data: { issues: [{ field: '', reason }] } }); // biome-ignore format: one line
}
