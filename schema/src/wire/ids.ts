/** Identifiers as they travel. Ids that a client may choose (runs, executions, sessions) make every write safe to repeat. */
import { z } from 'zod';

/** 32 lower-case hex digits; the client may choose it, so that creating a run twice changes nothing. */
export const runId = z
  .string()
  .regex(/^[0-9a-f]{32}$/, 'a run id is 32 lower-case hex digits')
  .describe('Run id: 32 lower-case hex digits, chosen by the client or by the server.');

/** Decimal digits in a string, because 64-bit integers do not survive JSON numbers. */
export const experimentId = z
  .string()
  .regex(/^\d{1,18}$/, 'an experiment id is a decimal number in a string')
  .describe('Experiment id: decimal digits in a string. "0" is the experiment named Default of the first workspace.');

export const uuid = z.uuid();

/** SHA-256 of the content, lower-case hex. */
export const digest = z.string().regex(/^[0-9a-f]{64}$/, 'a digest is 64 lower-case hex digits (SHA-256)');

export type RunId = z.infer<typeof runId>;
export type ExperimentId = z.infer<typeof experimentId>;
