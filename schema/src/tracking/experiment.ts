import { z } from 'zod';
import { epochMs, experimentId, limits } from '../wire/index.ts';
import { tags } from './run.ts';

export const lifecycle = z.enum(['active', 'deleted']);
export type Lifecycle = z.infer<typeof lifecycle>;

/** Names are shown, never used as paths; control characters would break terminals and logs. */
export const experimentName = z
  .string()
  .trim()
  .min(1)
  .max(limits.name)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'a name holds no control characters');

export const experiment = z.object({
  id: experimentId,
  name: z.string(),
  description: z.string().describe('Markdown.'),
  tags,
  lifecycle,
  createdAt: epochMs,
  updatedAt: epochMs,
  runCount: z.number().int().describe('Active runs.'),
  runningCount: z.number().int(),
  lastRunAt: epochMs.nullable(),
});
export type Experiment = z.infer<typeof experiment>;
