import { z } from 'zod';
import { limits, nextCursor, pageInput, uuid, wireNumber } from '../wire/index.ts';
import { endpointName } from './endpoint.ts';
import { explanation, prediction, predictionId, predictionSummary } from './prediction.ts';
import { route } from './route.ts';

export const predictionOperations = {
  predictions: {
    list: route('GET', '/endpoints/{endpoint}/predictions', 'Requests that are kept, newest first')
      .input(
        z.object({
          endpoint: endpointName,
          ...pageInput,
          releaseId: uuid.optional(),
          status: z.enum(['ok', 'error']).optional(),
          shadow: z.union([z.boolean(), z.stringbool()]).default(false).describe('Also what shadows were asked beside.'),
        }),
      )
      .output(z.object({ predictions: z.array(predictionSummary), nextCursor })),
    get: route('GET', '/predictions/{id}', 'One request: its rows, its answer, and what made its model')
      .input(z.object({ id: predictionId }))
      .output(prediction),
    explain: route('POST', '/predictions/{id}/explain', 'Why this answer: what each feature contributed')
      .input(z.object({ id: predictionId, row: z.coerce.number().int().min(0).default(0), output: z.string().max(limits.name).optional() }))
      .output(explanation),
    replay: route('POST', '/predictions/{id}/replay', 'Ask the same version again, and compare')
      .input(z.object({ id: predictionId }))
      .output(
        z.object({
          same: z.boolean(),
          maxDifference: wireNumber.nullable(),
          outputs: z.object({ columns: z.array(z.string()), data: z.array(z.array(z.unknown())) }),
        }),
      ),
    feedback: route(
      'POST',
      '/predictions/{id}/feedback',
      'What came of it: a number (1 and 0 for right and wrong, money, minutes), or the true label',
    )
      .input(
        z.object({
          id: predictionId,
          row: z.number().int().min(0).default(0),
          value: wireNumber.optional().describe('Finite. Absent: 1 where `label` is what was predicted, 0 where not.'),
          label: z.string().max(1_000).nullable().default(null),
        }),
      )
      .output(z.object({ stored: z.boolean().describe('False: the same was said before.') })),
  },
};
