import { z } from 'zod';

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

/** What a comment is about, and what people look at: a run, an experiment or a report. */
export const subject = z
  .string()
  .regex(
    new RegExp(`^(?:run:[0-9a-f]{32}|experiment:\\d{1,18}|report:${UUID})$`),
    'a subject is run:…, experiment:… or report:… with its id',
  )
  .describe('Kind and id: "run:7f3c…", "experiment:4", "report:<uuid>".');
export type Subject = z.infer<typeof subject>;

/** Somebody, as they are named beside what they did. */
export const person = z.object({ id: z.uuid(), name: z.string() });
export type Person = z.infer<typeof person>;
