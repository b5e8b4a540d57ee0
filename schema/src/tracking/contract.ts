/** What happened? Experiments, runs, params, metric series, artifacts, and how they arrive and are watched. */
import { eventIterator, oc } from '@orpc/contract';
import { z } from 'zod';
import { commonErrors, experimentId, limits, nextCursor, pageInput, runId, uuid } from '../wire/index.ts';
import { artifact, artifactPath, tablePreview, upload, uploadComplete, uploadStart } from './artifacts.ts';
import { experiment, experimentName } from './experiment.ts';
import { ingestInput, ingestOutput } from './ingest.ts';
import { liveEvent, watchInput } from './live.ts';
import { history, historyInput, seriesPoints } from './metrics.ts';
import { key, params, run, runCreate, runUpdate, tags } from './run.ts';
import { bulkTags, changedRuns, groupsInput, groupsOutput, runChoice, runKeysOutput, searchInput, searchOutput } from './search.ts';

const base = oc.errors(commonErrors);
const byExperiment = z.object({ id: experimentId });
const byRun = z.object({ id: runId });
const byUpload = z.object({ runId, uploadId: uuid });
const runIds = z.object({ ids: z.array(runId).min(1).max(limits.runsPerRequest) });

export const trackingContract = {
  experiments: {
    list: base
      .route({ method: 'GET', path: '/experiments', tags: ['tracking'], summary: 'Experiments, last used first' })
      .input(
        z.object({
          ...pageInput,
          lifecycle: z.enum(['active', 'deleted', 'all']).default('active'),
          name: z.string().max(limits.name).optional().describe('Part of the name, any case.'),
        }),
      )
      .output(z.object({ experiments: z.array(experiment), nextCursor })),
    get: base
      .route({ method: 'GET', path: '/experiments/{id}', tags: ['tracking'], summary: 'One experiment' })
      .input(byExperiment)
      .output(experiment),
    create: base
      .route({
        method: 'POST',
        path: '/experiments',
        tags: ['tracking'],
        successStatus: 201,
        summary: 'Make an experiment; its name must be free',
      })
      .input(z.object({ name: experimentName, description: z.string().max(limits.notes).default(''), tags: tags.default({}) }))
      .output(experiment),
    update: base
      .route({ method: 'PATCH', path: '/experiments/{id}', tags: ['tracking'], summary: 'Rename, describe, tag' })
      .input(
        byExperiment.extend({
          name: experimentName.optional(),
          description: z.string().max(limits.notes).optional(),
          setTags: tags.optional(),
          removeTags: z.array(key).max(1_000).optional(),
        }),
      )
      .output(experiment),
    delete: base
      .route({ method: 'DELETE', path: '/experiments/{id}', tags: ['tracking'], summary: 'Delete with its runs; can be restored' })
      .input(byExperiment)
      .output(experiment),
    restore: base
      .route({ method: 'POST', path: '/experiments/{id}/restore', tags: ['tracking'], summary: 'Take back a delete' })
      .input(byExperiment)
      .output(experiment),
  },
  runs: {
    create: base
      .route({ method: 'POST', path: '/runs', tags: ['tracking'], successStatus: 201, summary: 'Start a run' })
      .input(runCreate)
      .output(run),
    get: base
      .route({ method: 'GET', path: '/runs/{id}', tags: ['tracking'], summary: 'One run' })
      .input(byRun)
      .output(run),
    update: base
      .route({ method: 'PATCH', path: '/runs/{id}', tags: ['tracking'], summary: 'Rename, end, annotate, tag' })
      .input(runUpdate)
      .output(run),
    log: base
      .route({
        method: 'POST',
        path: '/runs/{id}/log',
        tags: ['tracking'],
        summary: 'Add points, params and tags; acknowledged after commit',
      })
      .input(byRun.extend({ series: z.array(seriesPoints).max(10_000).default([]), params: params.default({}), tags: tags.default({}) }))
      .output(z.object({ points: z.number().int().describe('Points that were new.') })),
    delete: base
      .route({ method: 'POST', path: '/runs/delete', tags: ['tracking'], summary: 'Delete runs; can be restored' })
      .input(runIds)
      .output(changedRuns),
    restore: base
      .route({ method: 'POST', path: '/runs/restore', tags: ['tracking'], summary: 'Take back a delete' })
      .input(runIds)
      .output(changedRuns),
    search: base
      .route({ method: 'POST', path: '/runs/search', tags: ['tracking'], summary: 'Find, order and page runs' })
      .input(searchInput)
      .output(searchOutput),
    keys: base
      .route({ method: 'POST', path: '/runs/keys', tags: ['tracking'], summary: 'Metric, param and tag keys in use, for choosing columns' })
      .input(z.object({ experimentIds: z.array(experimentId).max(1_000).optional() }))
      .output(runKeysOutput),
    groups: base
      .route({
        method: 'POST',
        path: '/runs/groups',
        tags: ['tracking'],
        summary: 'Runs by what they have in common: how many, and mean, least, greatest and spread of their metrics',
      })
      .input(groupsInput)
      .output(groupsOutput),
    archive: base
      .route({ method: 'POST', path: '/runs/archive', tags: ['tracking'], summary: 'Put runs out of sight, whole; can be taken back' })
      .input(runChoice)
      .output(changedRuns),
    unarchive: base
      .route({ method: 'POST', path: '/runs/unarchive', tags: ['tracking'], summary: 'Show archived runs again' })
      .input(runChoice)
      .output(changedRuns),
    tag: base
      .route({ method: 'POST', path: '/runs/tag', tags: ['tracking'], summary: 'Set and remove tags of many runs at once' })
      .input(bulkTags)
      .output(changedRuns),
  },
  metrics: {
    history: base
      .route({
        method: 'POST',
        path: '/metrics/history',
        tags: ['tracking'],
        summary: 'Series of several runs, zoomed to at most maxPoints each',
      })
      .input(historyInput)
      .output(z.object({ series: z.array(history) })),
  },
  artifacts: {
    list: base
      .route({ method: 'GET', path: '/runs/{runId}/artifacts', tags: ['tracking'], summary: 'Artifacts of a run, by path' })
      .input(z.object({ runId, prefix: z.string().max(limits.artifactPath).default(''), ...pageInput }))
      .output(z.object({ artifacts: z.array(artifact), nextCursor })),
    delete: base
      .route({ method: 'POST', path: '/runs/{runId}/artifacts/delete', tags: ['tracking'], summary: 'Remove an artifact' })
      .input(z.object({ runId, path: artifactPath }))
      .output(z.object({ deleted: z.boolean() })),
    preview: base
      .route({ method: 'GET', path: '/runs/{runId}/artifacts/preview', tags: ['tracking'], summary: 'First rows of a CSV or JSON table' })
      .input(z.object({ runId, path: artifactPath, rows: z.coerce.number().int().min(1).max(1_000).default(100) }))
      .output(tablePreview),
    uploads: {
      start: base
        .route({
          method: 'POST',
          path: '/runs/{runId}/artifacts/uploads',
          tags: ['tracking'],
          successStatus: 201,
          summary: 'Begin a large file, whose parts are sent one by one',
        })
        .input(uploadStart)
        .output(upload),
      get: base
        .route({
          method: 'GET',
          path: '/runs/{runId}/artifacts/uploads/{uploadId}',
          tags: ['tracking'],
          summary: 'Which parts are stored: an upload that broke off sends the others',
        })
        .input(byUpload)
        .output(upload),
      complete: base
        .route({
          method: 'POST',
          path: '/runs/{runId}/artifacts/uploads/{uploadId}/complete',
          tags: ['tracking'],
          summary: 'Make the file of its parts; asked again, it answers the same',
        })
        .input(uploadComplete)
        .output(artifact),
      cancel: base
        .route({
          method: 'DELETE',
          path: '/runs/{runId}/artifacts/uploads/{uploadId}',
          tags: ['tracking'],
          summary: 'Give up an upload and what it sent',
        })
        .input(byUpload)
        .output(upload),
    },
  },
  ingest: base
    .route({
      method: 'POST',
      path: '/ingest',
      tags: ['tracking'],
      summary: 'A numbered batch of records from a kernel or script, exactly once',
    })
    .input(ingestInput)
    .output(ingestOutput),
  watch: base
    .route({ method: 'GET', path: '/watch', tags: ['tracking'], summary: 'Live changes, as an event stream' })
    .input(watchInput)
    .output(eventIterator(liveEvent)),
};
