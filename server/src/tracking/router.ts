import { contract } from '@cellkeep/schema';
import { type Run, runCreate } from '@cellkeep/schema/tracking';
import { limits } from '@cellkeep/schema/wire';
import { implement } from '@orpc/server';
import { requireRole } from '../access/index.ts';
import type { CallContext, Db } from '../core/context.ts';
import { failure } from '../core/failure.ts';
import { appendPoints } from './appendPoints.ts';
import { deleteArtifact, listArtifacts } from './artifacts.ts';
import { beat, changeRun, type RunChange, setRunsDeleted } from './changeRuns.ts';
import { toColumns } from './columns.ts';
import { createRun } from './createRun.ts';
import { type Effects, noEffects, publishEffects, writeEffects } from './effects.ts';
import { createExperiment, listExperiments, requireExperiment, setExperimentDeleted, updateExperiment } from './experiments.ts';
import { findPlace, ingest } from './ingest.ts';
import { readHistory } from './readHistory.ts';
import { noSuchRun, readRuns, requireRun } from './readRuns.ts';
import { repeatedly } from './repeatedly.ts';
import { runKeys, searchRuns } from './search/index.ts';
import { previewTable } from './tablePreview.ts';
import type { Tracking } from './tracking.ts';

export function createTrackingRouter(tracking: Tracking) {
  const os = implement(contract.tracking).$context<CallContext>();

  const experimentChanged = ({ live, caller }: CallContext, experimentId: string) =>
    live.publish({ workspaceId: caller.workspaceId, topic: 'experiment', experimentId, payload: null });

  /** Remembered, so that a stream of small requests costs no query each. */
  const placeOf = async ({ sql, caller: { workspaceId } }: CallContext, runId: string) => {
    const known = tracking.places.get(runId);
    if (known?.workspaceId === workspaceId) return known;
    const found = await findPlace(sql, workspaceId, runId);
    if (!found) throw noSuchRun(runId);
    const place = { ...found, workspaceId };
    tracking.places.set(runId, place);
    return place;
  };

  return os.router({
    experiments: {
      list: os.experiments.list.handler(({ context: { sql, caller }, input }) => listExperiments(sql, caller.workspaceId, input)),
      get: os.experiments.get.handler(({ context: { sql, caller }, input: { id } }) => requireExperiment(sql, caller.workspaceId, id)),
      create: os.experiments.create.handler(async ({ context, input }) => {
        requireRole(context, 'editor');
        const made = await createExperiment(context, input);
        experimentChanged(context, made.id);
        return made;
      }),
      update: os.experiments.update.handler(async ({ context, input }) => {
        requireRole(context, 'editor');
        const changed = await updateExperiment(context, input);
        experimentChanged(context, changed.id);
        return changed;
      }),
      delete: os.experiments.delete.handler(async ({ context, input: { id } }) => {
        requireRole(context, 'editor');
        const deleted = await setExperimentDeleted(context, id, true);
        experimentChanged(context, id);
        return deleted;
      }),
      restore: os.experiments.restore.handler(async ({ context, input: { id } }) => {
        requireRole(context, 'editor');
        const restored = await setExperimentDeleted(context, id, false);
        experimentChanged(context, id);
        return restored;
      }),
    },
    runs: {
      create: os.runs.create.handler(async ({ context, input }) => {
        const { sql, caller } = context;
        const { id } = await change(context, (tx, effects) =>
          createRun(tx, caller, runCreate.parse(input), { now: context.now(), effects }),
        );
        return requireRun(sql, caller.workspaceId, id);
      }),
      get: os.runs.get.handler(({ context: { sql, caller }, input: { id } }) => requireRun(sql, caller.workspaceId, id)),
      update: os.runs.update.handler(async ({ context, input }) => {
        await change(context, (tx, effects) => changeRun(tx, context.caller, input, { now: context.now(), effects }));
        return requireRun(context.sql, context.caller.workspaceId, input.id);
      }),
      log: os.runs.log.handler(async ({ context, input: { id, series, params, tags } }) => {
        requireRole(context, 'editor');
        const { caller, now } = context;
        const points = series.map(({ key, ...columns }) => ({ key, points: toColumns(columns) }));
        requireFew(points.reduce((sum, { points: { steps } }) => sum + steps.length, 0));
        const place = await placeOf(context, id);
        const added = points.map((one) => ({ ...one, runId: id, experimentId: place.experimentId }));
        const more: RunChange = { id, setParams: params, setTags: tags };
        if (Object.keys(params).length + Object.keys(tags).length === 0) {
          if (tracking.beats.isDue(id)) await change(context, (tx, effects) => beat(tx, caller, [id], { now: now(), effects }));
          return { points: added.length === 0 ? 0 : await tracking.points.add(added) };
        }
        // With params and tags all of it is one transaction, which others' points cannot share.
        return change(context, async (tx, effects) => {
          await changeRun(tx, caller, more, { now: now(), effects });
          await beat(tx, caller, [id], { now: now(), effects });
          const { appended, crowded } = await appendPoints(tx, added);
          effects.points.push(...appended.map((one) => ({ ...one, ...place })));
          tracking.crowded(crowded);
          return { points: appended.reduce((sum, one) => sum + one.points.steps.length, 0) };
        });
      }),
      delete: os.runs.delete.handler(async ({ context, input: { ids } }) => ({ ids: await setDeleted(context, ids, true) })),
      restore: os.runs.restore.handler(async ({ context, input: { ids } }) => ({ ids: await setDeleted(context, ids, false) })),
      search: os.runs.search.handler(
        async ({ context: { sql, caller }, input }): Promise<{ runs: Run[]; nextCursor: string | null; total: number }> => {
          const { ids, ...page } = await searchRuns(sql, caller.workspaceId, { ...input, userId: caller.userId });
          return { runs: await readRuns(sql, caller.workspaceId, ids), ...page };
        },
      ),
      keys: os.runs.keys.handler(({ context: { sql, caller }, input: { experimentIds } }) =>
        runKeys(sql, caller.workspaceId, experimentIds),
      ),
    },
    metrics: {
      history: os.metrics.history.handler(async ({ context: { sql, caller }, input }) => ({
        series: await readHistory(sql, caller.workspaceId, input),
      })),
    },
    artifacts: {
      list: os.artifacts.list.handler(({ context: { sql, caller }, input }) => listArtifacts(sql, caller.workspaceId, input)),
      delete: os.artifacts.delete.handler(async ({ context, input }) => ({ deleted: await deleteArtifact(context, input) })),
      preview: os.artifacts.preview.handler(({ context, input }) => previewTable(context, input)),
    },
    ingest: os.ingest.handler(async ({ context, input }) => {
      requireRole(context, 'editor');
      const { output, effects, crowded } = await ingest(context, input);
      publishEffects(context, context.caller.workspaceId, effects);
      tracking.crowded(crowded);
      return output;
    }),
    watch: os.watch.handler(({ context: { caller }, input, signal }) => tracking.watchers.watch(caller, input, signal)),
  });
}

/** One transaction with all that belongs to it, and the news after it. */
async function change<T>(context: CallContext, work: (tx: Db, effects: Effects) => Promise<T>): Promise<T> {
  requireRole(context, 'editor');
  const { value, effects } = await repeatedly(async () => {
    const effects = noEffects();
    const value = await context.sql.begin(async (tx) => {
      const made = await work(tx, effects);
      await writeEffects(tx, context.caller, effects);
      return made;
    });
    return { value: value as T, effects };
  });
  publishEffects(context, context.caller.workspaceId, effects);
  return value;
}

function setDeleted(context: CallContext, ids: string[], deleted: boolean): Promise<string[]> {
  return change(context, (tx, effects) => setRunsDeleted(tx, context.caller, ids, deleted, { now: context.now(), effects }));
}

function requireFew(points: number): void {
  if (points <= limits.pointsPerRequest) return;
  const reason = `${points} points in one request; at most ${limits.pointsPerRequest} are taken`;
  throw failure('PAYLOAD_TOO_LARGE', { field: 'series', reason, remedy: 'send them in several requests' });
}
