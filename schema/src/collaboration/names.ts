import { z } from 'zod';
import { limits } from '../wire/index.ts';

/** Names and titles are shown, never used as paths; control characters would break terminals and logs. */
export const shownName = z
  .string()
  .trim()
  .min(1)
  .max(limits.name)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'a name holds no control characters');
