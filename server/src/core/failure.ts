/**
 * Errors as the contract declares them: a code, and issues that say which field, why, and what to do. Rooms throw `failure(…)`; what
 * validation, the driver or the system throws is translated here, once, and keeps its `cause`.
 */
import { commonErrors, type ErrorCode, type Issue } from '@cellkeep/schema/wire';
import { ORPCError } from '@orpc/server';
import { codeOf } from './plainError.ts';

export type Failure = ORPCError<ErrorCode, { issues: Issue[] }>;

/** @example throw failure('NOT_FOUND', { field: 'id', reason: `no run ${id}` }) */
export function failure(code: ErrorCode, issue: Issue | Issue[], cause?: unknown): Failure {
  const { status, message } = commonErrors[code];
  return new ORPCError(code, { defined: true, status, message, data: { issues: [issue].flat() }, cause });
}

export function isFailure(error: unknown): error is Failure {
  return error instanceof ORPCError && error.defined && error.code in commonErrors;
}

/** The body that says it over HTTP. */
export function failureBody(error: ORPCError<string, unknown>): Record<string, unknown> {
  const { defined, code, status, message, data } = error.toJSON();
  return { defined, code, status, message, data };
}

/** What the client is told of any error; one that nobody foresaw stays INTERNAL_SERVER_ERROR and says nothing of its inside. */
export function asFailure(error: unknown): ORPCError<string, unknown> {
  if (isFailure(error)) return error;
  if (error instanceof ORPCError) return fromOrpc(error);
  return fromSystem(error) ?? unforeseen(error);
}

function unforeseen(cause: unknown): ORPCError<string, unknown> {
  const issues: Issue[] = [{ field: '', reason: 'the server failed; its log has the cause under this request id' }];
  return new ORPCError('INTERNAL_SERVER_ERROR', { status: 500, message: 'The server failed.', data: { issues }, cause });
}

function fromOrpc(error: ORPCError<string, unknown>): ORPCError<string, unknown> {
  const { cause } = error;
  const zodIssues = issuesOf(error.data);
  if (error.code === 'BAD_REQUEST' && zodIssues) return failure('BAD_REQUEST', zodIssues.map(toIssue).slice(0, MOST_ISSUES), cause);
  if (error.code === 'BAD_REQUEST') return failure('BAD_REQUEST', { field: '', reason: messageOf(cause) || error.message }, cause);
  if (error.code === 'INTERNAL_SERVER_ERROR') return fromSystem(cause) ?? unforeseen(cause ?? error);
  return new ORPCError(error.code, {
    status: error.status,
    message: error.message,
    data: { issues: [{ field: '', reason: error.message }] },
    cause,
  });
}

/** More would not help whoever reads them, and a batch of a million wrong points would make an answer as large. */
const MOST_ISSUES = 100;

interface ValidationIssue {
  message: string;
  path?: readonly (PropertyKey | { key: PropertyKey })[];
  code?: string;
  errors?: ValidationIssue[][];
}

function issuesOf(data: unknown): ValidationIssue[] | null {
  const issues = (data as { issues?: unknown } | undefined)?.issues;
  return Array.isArray(issues) ? (issues as ValidationIssue[]) : null;
}

/** A zod issue (or any of Standard Schema) as one of ours, its path like "records[3].run.name". */
export function toIssue(issue: ValidationIssue): Issue {
  if (issue.code === 'invalid_union') {
    // Of a union, the alternative that came furthest knows best what was meant; where none got inside, all are named.
    const alternatives = issue.errors ?? [];
    const inner = furthest(alternatives);
    if (inner) return toIssue({ ...inner, path: [...(issue.path ?? []), ...(inner.path ?? [])] });
    const reasons = [...new Set(alternatives.flat().map((alternative) => toIssue(alternative).reason))];
    if (reasons.length > 0) return { field: fieldOf(issue.path ?? []), reason: reasons.join('; or ') };
  }
  return { field: fieldOf(issue.path ?? []), reason: issue.message };
}

function furthest(alternatives: ValidationIssue[][]): ValidationIssue | null {
  const deep = alternatives.flat().filter((issue) => (issue.path ?? []).length > 0);
  return deep.sort((a, b) => (b.path ?? []).length - (a.path ?? []).length)[0] ?? null;
}

export function fieldOf(path: NonNullable<ValidationIssue['path']>): string {
  return path.reduce<string>((field, part) => {
    const key = typeof part === 'object' ? part.key : part;
    if (typeof key === 'number') return `${field}[${key}]`;
    return field ? `${field}.${String(key)}` : String(key);
  }, '');
}

const NO_SPACE = new Set(['ENOSPC', 'EDQUOT', '53100']);
/** Postgres is gone, or starts, stops, or has no connection left. */
const AWAY = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOENT', 'ENOTFOUND', 'EHOSTUNREACH', 'ETIMEDOUT'],
  ...['CONNECTION_CLOSED', 'CONNECTION_ENDED', 'CONNECTION_DESTROYED', 'CONNECT_TIMEOUT'],
  ...['57P01', '57P02', '57P03', '53300', '08000', '08003', '08006'],
]);
/** Two transactions stood in each other's way; the same request again succeeds. */
const AGAIN = new Set(['40001', '40P01', '55P03']);

function fromSystem(error: unknown): Failure | null {
  const code = codeOf(error);
  if (NO_SPACE.has(code) || /No space left on device|Disk quota exceeded/i.test(messageOf(error))) {
    return failure(
      'INSUFFICIENT_STORAGE',
      { field: '', reason: 'the disk of the server is full', remedy: 'free space there, then send it again' },
      error,
    );
  }
  if (AWAY.has(code) && isOfDatabase(error)) {
    return failure(
      'SERVICE_UNAVAILABLE',
      { field: '', reason: 'the database does not answer', remedy: 'send it again in a moment' },
      error,
    );
  }
  if (AGAIN.has(code)) {
    return failure('SERVICE_UNAVAILABLE', { field: '', reason: 'another change stood in the way', remedy: 'send it again' }, error);
  }
  // Postgres cannot store U+0000 in text.
  if (code === '22021' || code === '22P05')
    return failure('BAD_REQUEST', { field: '', reason: 'text holds a character that cannot be stored (U+0000)' }, error);
  if (code === '22P02' && /surrogate/.test(String((error as { detail?: string }).detail)))
    return failure('BAD_REQUEST', { field: '', reason: 'text holds half of a surrogate pair, which is no character' }, error);
  return null;
}

/** A missing file is ENOENT too, and no reason to try again; the driver's errors of the socket name its address. */
function isOfDatabase(error: unknown): boolean {
  if (codeOf(error) !== 'ENOENT') return true;
  return (error as { syscall?: string }).syscall === 'connect';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : '';
}
