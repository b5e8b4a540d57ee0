/** What MLflow's clients are told of an error: its code, a message, the status that belongs to the code, and the kind of it. */
import type { Issue } from '@cellkeep/schema/wire';
import { asFailure } from '../core/failure.ts';

/** Of mlflow/exceptions.py, those that this server says. */
const STATUS = {
  INVALID_PARAMETER_VALUE: 400,
  BAD_REQUEST: 400,
  RESOURCE_ALREADY_EXISTS: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  RESOURCE_DOES_NOT_EXIST: 404,
  ENDPOINT_NOT_FOUND: 404,
  RESOURCE_CONFLICT: 409,
  INTERNAL_ERROR: 500,
  INVALID_STATE: 500,
  NOT_IMPLEMENTED: 501,
  TEMPORARILY_UNAVAILABLE: 503,
} as const;
export type MlflowErrorCode = keyof typeof STATUS;

/** Of mlflow/error_classification.py, 3.17: what a client finds in its exception. Codes that are not here have none there. */
const KINDS: Partial<Record<MlflowErrorCode, { sqlstate: string; error_class: string }>> = {
  INVALID_PARAMETER_VALUE: { sqlstate: 'KAM00', error_class: 'INVALID_PARAMETER_VALUE' },
  BAD_REQUEST: { sqlstate: 'KAM00', error_class: 'INVALID_PARAMETER_VALUE' },
  RESOURCE_ALREADY_EXISTS: { sqlstate: 'KAM00', error_class: 'RESOURCE_ALREADY_EXISTS' },
  PERMISSION_DENIED: { sqlstate: 'KAM00', error_class: 'PERMISSION_DENIED' },
  RESOURCE_DOES_NOT_EXIST: { sqlstate: 'KAM00', error_class: 'RESOURCE_NOT_FOUND' },
  ENDPOINT_NOT_FOUND: { sqlstate: 'KAM00', error_class: 'RESOURCE_NOT_FOUND' },
  INTERNAL_ERROR: { sqlstate: 'XXM00', error_class: 'CLIENT_INTERNAL_ERROR' },
  INVALID_STATE: { sqlstate: 'XXM00', error_class: 'CLIENT_INTERNAL_ERROR' },
  TEMPORARILY_UNAVAILABLE: { sqlstate: 'XXM00', error_class: 'CLIENT_INTERNAL_ERROR' },
};

export const told = ({ code, message }: MlflowError) => ({ error_code: code, message, ...KINDS[code] });

export class MlflowError extends Error {
  readonly code: MlflowErrorCode;
  /** Where it is not the one of the code. */
  readonly status: number;

  constructor(code: MlflowErrorCode, message: string, { status = STATUS[code], cause }: { status?: number; cause?: unknown } = {}) {
    super(message, { cause });
    this.code = code;
    this.status = status;
  }
}

export const invalidParameter = (message: string) => new MlflowError('INVALID_PARAMETER_VALUE', message);
export const resourceDoesNotExist = (message: string) => new MlflowError('RESOURCE_DOES_NOT_EXIST', message);
export const resourceAlreadyExists = (message: string) => new MlflowError('RESOURCE_ALREADY_EXISTS', message);

export const MORE = 'See the API docs for more information about request parameters.';

export const missingValue = (field: string) => invalidParameter(`Missing value for required parameter '${field}'. ${MORE}`);

/** A value of the wrong type, named as Python names types. */
export function invalidValue(field: string, value: unknown): InvalidValue {
  return new InvalidValue(field, shown(value), pythonTypeOf(value));
}

class InvalidValue extends MlflowError {
  readonly field: string;

  constructor(field: string, written: string, type: string) {
    super(
      'INVALID_PARAMETER_VALUE',
      `Invalid value ${written} for parameter '${field}' supplied:  Hint: Value was of type '${type}'. ${MORE}`,
    );
    this.field = field;
  }
}

/**
 * The same error with the number as it stands in the body: `9.0` is a float in Python, and no longer to be told from 9 once JSON is read.
 * Only of a field of the message itself, whose name is not said again further inside.
 */
export function asWritten(error: unknown, body: string): unknown {
  if (!(error instanceof InvalidValue)) return error;
  const name = error.field.replace(/[^\w]/g, '');
  const [, number] = new RegExp(`"${name}"\\s*:\\s*(-?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?)`).exec(body) ?? [];
  return number && /[.eE]/.test(number) ? new InvalidValue(error.field, number, 'float') : error;
}

const LONGEST_SHOWN = 1_000;

/** Lists in lists; what is deeper is not shown. */
const DEEPEST_SHOWN = 20;

/** JSON with its keys sorted. */
export function shown(value: unknown): string {
  const text = JSON.stringify(partShown(value, DEEPEST_SHOWN)) ?? 'null';
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

/** No more than is shown, however large and deep it is. */
function partShown(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.slice(0, LONGEST_SHOWN);
  if (value === null || typeof value !== 'object') return value;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.slice(0, LONGEST_SHOWN).map((one) => partShown(one, depth - 1));
  const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.slice(0, LONGEST_SHOWN).map(([key, one]) => [key, partShown(one, depth - 1)]));
}

function pythonTypeOf(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return { string: 'str', boolean: 'bool' }[typeof value as string] ?? 'dict';
}

const CODES: Record<string, MlflowErrorCode> = {
  BAD_REQUEST: 'INVALID_PARAMETER_VALUE',
  UNAUTHORIZED: 'UNAUTHENTICATED',
  FORBIDDEN: 'PERMISSION_DENIED',
  NOT_FOUND: 'RESOURCE_DOES_NOT_EXIST',
  CONFLICT: 'RESOURCE_ALREADY_EXISTS',
  PAYLOAD_TOO_LARGE: 'INVALID_PARAMETER_VALUE',
  UNSUPPORTED_MEDIA_TYPE: 'INVALID_PARAMETER_VALUE',
  RANGE_NOT_SATISFIABLE: 'INVALID_PARAMETER_VALUE',
  SERVICE_UNAVAILABLE: 'TEMPORARILY_UNAVAILABLE',
};

/** Whatever was thrown. A full disk stays 507, which no client tries again. */
export function asMlflowError(error: unknown): MlflowError {
  if (error instanceof MlflowError) return error;
  const failed = asFailure(error);
  const isOwnStatus = ['PAYLOAD_TOO_LARGE', 'RANGE_NOT_SATISFIABLE', 'INSUFFICIENT_STORAGE'].includes(failed.code);
  const issues = (failed.data as { issues?: Issue[] } | undefined)?.issues ?? [];
  const message = issues.map(sentence).join('\n') || failed.message;
  // A path that may not change any more: nothing is there twice.
  const isAboutPath = failed.code === 'CONFLICT' && issues[0]?.field === 'path';
  const code = isAboutPath ? 'RESOURCE_CONFLICT' : (CODES[failed.code] ?? 'INTERNAL_ERROR');
  return new MlflowError(code, message, { ...(isOwnStatus ? { status: failed.status } : {}), cause: failed.cause ?? error });
}

function sentence({ field, reason, remedy }: Issue): string {
  return `${field ? `${field}: ` : ''}${reason}${remedy ? ` (${remedy})` : ''}`;
}
