/** Finding runs, grouping them, and choosing many of them for one change. */
import { z } from 'zod';
import { experimentId, limits, nextCursor, pageInput, runId, wireNumber } from '../wire/index.ts';
import { key, run, tags } from './run.ts';

/** `active`: neither archived nor deleted. A deleted run counts as deleted, archived or not. */
export const runLifecycle = z.enum(['active', 'archived', 'deleted', 'all']);
export type RunLifecycle = z.infer<typeof runLifecycle>;

/** Which runs: a place to look, and a filter. */
export const runScope = {
  experimentIds: z.array(experimentId).max(1_000).optional().describe('Absent: all experiments.'),
  notebookPath: z.string().max(4_096).optional(),
  parentRunId: runId.optional(),
  filter: z
    .string()
    .max(limits.filter)
    .default('')
    .describe(
      [
        "`metrics.auc > 0.8 and params.model = 'forest'`; AND, OR, NOT, parentheses; =, !=, <, <=, >, >=, LIKE, ILIKE, IN, IS NULL, EXISTS.",
        'Fields: attributes (name, status, start_time, end_time, duration, user, notebook, cell, experiment, notes, parent_run_id, id), `metrics.loss` (the last value; also `metrics.loss.min`, `.max`, `.count`, `.last`), `params.lr`, `tags.team`, `datasets.name`, `datasets.digest`, `datasets.context`; keys with other characters in `back-ticks`.',
        "Text: `'random forest'` finds it in names and notes, `notes ~ 'late storm'` finds both words in any order.",
        'Times: `start_time > -7d`, `> today`, `> 2026-11-01`; durations: `duration > 2h30m`.',
        "Differences: `params differ from 'calm-otter-12'` (or a run's id), `… in (lr, depth)`: in one of these at least, `… only in (lr)`: in no other; `params.lr differs from …`.",
      ].join('\n\n'),
    ),
  lifecycle: runLifecycle.default('active'),
};

export const runOrder = z
  .array(
    z.object({
      by: z.string().min(1).max(300).describe('"metrics.auc", "metrics.loss.min", "params.lr", "tags.team", "attributes.start_time"'),
      direction: z.enum(['asc', 'desc']).default('asc'),
    }),
  )
  .max(8)
  .default([])
  .describe('Absent: start time, newest first. Runs without the key come last in both directions.');

const named = (what: string) => z.array(z.string().min(1).max(limits.key)).max(limits.page).optional().describe(what);

export const searchInput = z.object({
  ...runScope,
  orderBy: runOrder,
  ...pageInput,
  offset: z
    .number()
    .int()
    .min(0)
    .max(limits.offset)
    .default(0)
    .describe('Runs passed over, behind the cursor or from the first on: for a jump to a place that no page before it was read for.'),
  count: z
    .enum(['fast', 'exact', 'none'])
    .default('fast')
    .describe('How `total` is found, on the first page: `totalIs` says what came of it. `none` is for who does not show it.'),
  metrics: named('Metrics whose summaries come with the runs; absent: all that a run has, which may be ten thousand.'),
  params: named('Params that come with the runs; absent: all.'),
  tags: named('Tags that come with the runs; absent: all.'),
  details: z
    .boolean()
    .default(true)
    .describe('False: notes are "", error is null, and of the source only the notebook comes: a row of a table.'),
});
export type SearchInput = z.infer<typeof searchInput>;

/** Above it, `total` of a search with a filter is not counted on unless `count` is `exact`. */
export const FAST_COUNT = 2_000;

export const totalIs = z
  .enum(['exact', 'atLeast', 'unknown'])
  .describe(
    `atLeast: more than ${FAST_COUNT.toLocaleString('en')} runs match a filter, and they were not counted to the end (ask with count: exact and limit: 1). unknown: not counted, total is what was seen so far.`,
  );

export const searchOutput = z.object({
  runs: z.array(run),
  nextCursor,
  total: z.number().int().describe('Runs that match, on all pages, as of the first one; `totalIs` says how surely.'),
  totalIs,
});
export type SearchOutput = z.infer<typeof searchOutput>;

export const runKeysOutput = z.object({ metrics: z.array(z.string()), params: z.array(z.string()), tags: z.array(z.string()) });

/** Groups of runs that agree in each of `by`. */
export const groupsInput = z.object({
  ...runScope,
  by: z
    .array(z.string().min(1).max(300))
    .min(1)
    .max(4)
    .describe('"params.model", "tags.team", or an attribute: experiment, user, status, notebook, cell, name, parent_run_id.'),
  metrics: z.array(z.string().min(1).max(limits.key)).max(20).default([]).describe('Keys, whose last values are summed up in each group.'),
  orderBy: z
    .array(
      z.object({
        by: z.string().min(1).max(300).describe('"count", "newest", one of `by`, or "metrics.loss.mean" (mean, min, max, std, count)'),
        direction: z.enum(['asc', 'desc']).default('asc'),
      }),
    )
    .max(4)
    .default([])
    .describe('Absent: most runs first. Groups without the value come last in both directions.'),
  ...pageInput,
});
export type GroupsInput = z.infer<typeof groupsInput>;

/** Of the finite last values in a group; null where there is none. */
export const groupMetric = z.object({
  count: z.number().int().describe('Runs with a finite last value.'),
  mean: wireNumber.nullable(),
  min: wireNumber.nullable(),
  max: wireNumber.nullable(),
  std: wireNumber.nullable().describe('Of a sample (n - 1); null for fewer than two.'),
  minRunId: runId.nullable().describe('Of several with the same value: the newest.'),
  maxRunId: runId.nullable(),
});
export type GroupMetric = z.infer<typeof groupMetric>;

export const runGroup = z.object({
  values: z
    .array(z.string().nullable())
    .describe('One for each of `by`; null: the runs that have none. An experiment and a run stand as their ids.'),
  labels: z.array(z.string().nullable()).describe('The same for people: the experiment by its name.'),
  count: z.number().int(),
  newest: z.number().describe('Start of its newest run, ms since the epoch.'),
  metrics: z.record(z.string(), groupMetric),
});
export type RunGroup = z.infer<typeof runGroup>;

export const groupsOutput = z.object({
  groups: z.array(runGroup),
  nextCursor,
  total: z.number().int().describe('Groups, on all pages.'),
  runs: z.number().int().describe('Runs in all of them.'),
});
export type GroupsOutput = z.infer<typeof groupsOutput>;

/** Many runs by their ids, or by a filter and how many it is expected to find: nothing changes where another number is found. */
export const runChoice = z.object({
  ids: z.array(runId).min(1).max(limits.runsPerRequest).optional(),
  matching: z
    .object({ ...runScope, expect: z.number().int().min(0).max(limits.runsPerChange).describe('How many runs the filter must find.') })
    .optional()
    .describe('Instead of ids.'),
});
export type RunChoice = z.infer<typeof runChoice>;

export const bulkTags = runChoice.extend({ setTags: tags.default({}), removeTags: z.array(key).max(1_000).default([]) });
export type BulkTags = z.infer<typeof bulkTags>;

export const changedRuns = z.object({ ids: z.array(runId).describe('Those that were changed by this call.') });
