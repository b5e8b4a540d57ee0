import { z } from 'zod';
import { endpoint, host, release } from '../deployment/endpoint.ts';
import { promotion } from '../deployment/promotion.ts';
import { epochMs, experimentId, limits, runId, uuid } from '../wire/index.ts';
import { artifact } from './artifacts.ts';
import { experiment } from './experiment.ts';
import { seriesPoints } from './metrics.ts';
import { run } from './run.ts';

/** Several filters widen: an event is sent when any of them wants it. With none, every run of the workspace is watched. */
export const watchInput = z.object({
  experimentIds: z.array(experimentId).max(1_000).optional(),
  notebookPath: z.string().max(4_096).optional(),
  runIds: z.array(runId).max(limits.runsPerRequest).optional(),
  points: z
    .union([z.boolean(), z.stringbool()])
    .default(false)
    .describe('Also send the points of the watched runs; else only their summaries.'),
  deployment: z
    .union([z.boolean(), z.stringbool()])
    .default(false)
    .describe('Send promotions, endpoints, releases and hosts of the workspace; without a filter then nothing else.'),
  models: z
    .union([z.boolean(), z.stringbool()])
    .default(false)
    .describe('Send changes of registered models and their versions; without a filter then nothing of runs.'),
});
export type WatchInput = z.infer<typeof watchInput>;

/**
 * Events are gathered for about 100 ms and joined: of several changes of one run only its newest state is sent.
 * `lagging` says that the client reads too slowly and events were dropped: fetch again what is shown.
 */
export const liveEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), at: epochMs }),
  z.object({ type: z.literal('run'), change: z.enum(['created', 'updated', 'deleted', 'restored']), run }),
  z.object({ type: z.literal('points'), runId, series: z.array(seriesPoints) }),
  z.object({ type: z.literal('artifact'), artifact }),
  z.object({ type: z.literal('experiment'), experiment }),
  z
    .object({
      type: z.literal('snapshot'),
      change: z.enum(['taken', 'completed', 'deleted']),
      snapshotId: uuid,
      runId: runId.nullable().describe('One of its runs: of several, an event comes for each. Null where it has none.'),
    })
    .describe('`completed`: its other half came, a better document, or a run.'),
  z.object({ type: z.literal('promotion'), promotion }),
  z.object({ type: z.literal('endpoint'), endpoint }),
  z.object({ type: z.literal('release'), release }),
  z.object({ type: z.literal('host'), host }),
  z
    .object({
      type: z.literal('model'),
      modelName: z.string(),
      version: z.number().int().nullable().describe('Null: the model itself.'),
      change: z.string().describe('As the event log says it: "model-version.created", "model-alias.set", "evaluation.done".'),
    })
    .describe('A registered model or version has changed: read again what is shown of it.'),
  z.object({ type: z.literal('lagging'), dropped: z.number().int() }),
]);
export type LiveEvent = z.infer<typeof liveEvent>;
