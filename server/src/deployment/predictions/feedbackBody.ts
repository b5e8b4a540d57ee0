/** What an application tells of a prediction, `POST /endpoints/<name>/feedback`. */
import { wireNumber } from '@cellkeep/schema/wire';
import { z } from 'zod';

export const feedbackBody = z.strictObject({
  predictionId: z.string().max(200).describe('As the answer named it.'),
  row: z.number().int().nonnegative().default(0).describe('Of the request, counted from 0.'),
  value: wireNumber.optional().describe('A finite number: how good it was, or what came of it. May be left out where a label says it.'),
  label: z.string().max(1_000).nullable().default(null).describe('The true label.'),
});
