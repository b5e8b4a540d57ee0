/**
 * The errors that every operation may answer. Each carries which field, why, and what to do;
 * over HTTP the body is `{ code, status, message, data: { issues } }`.
 */
import { z } from 'zod';

export const issue = z.object({
  field: z.string().describe('Path of the field, like "records[3].points[0].key"; empty for the request as a whole.'),
  reason: z.string().describe('The rule that was broken, with the value where it may be shown.'),
  remedy: z.string().optional().describe('What to do about it.'),
});
export type Issue = z.infer<typeof issue>;

const data = z.object({ issues: z.array(issue) });

export const commonErrors = {
  BAD_REQUEST: { status: 400, message: 'The request is not valid.', data },
  UNAUTHORIZED: { status: 401, message: 'A valid token or session is needed.', data },
  FORBIDDEN: { status: 403, message: 'This needs a right that you do not have.', data },
  NOT_FOUND: { status: 404, message: 'No such thing.', data },
  CONFLICT: { status: 409, message: 'This contradicts what is stored.', data },
  PAYLOAD_TOO_LARGE: { status: 413, message: 'The body is too large.', data },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, message: 'The body is of a kind that this does not take.', data },
  INSUFFICIENT_STORAGE: { status: 507, message: 'No space is left on the server; nothing was stored.', data },
  SERVICE_UNAVAILABLE: { status: 503, message: 'The server cannot do this now; try again.', data },
} as const;
export type ErrorCode = keyof typeof commonErrors;
