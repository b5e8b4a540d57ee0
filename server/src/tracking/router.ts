import { contract } from '@cellkeep/schema';
import { runCreate } from '@cellkeep/schema/tracking';
import { implement } from '@orpc/server';
import { requireRole } from '../access/index.ts';
import type { CallContext } from '../core/context.ts';
import { setRunsArchived, tagRuns } from './archiveRuns.ts';
import { deleteArtifact, listArtifacts } from './artifacts.ts';
import { changeRun, setRunsDeleted } from './changeRuns.ts';
import { toColumns } from './columns.ts';
import { createRun } from './createRun.ts';
import { publishEffects } from './effects.ts';
import { createExperiment, listExperiments, requireExperiment, setExperimentDeleted, updateExperiment } from './experiments.ts';
import { foundRuns } from './foundRuns.ts';
import { groupRuns } from './groupRuns.ts';
import { ingest } from './ingest.ts';
import { inOneChange } from './inOneChange.ts';
import { logToRun } from './logToRun.ts';
import { readHistory } from './readHistory.ts';
import { requireRun } from './readRuns.ts';
import { runKeys } from './search/index.ts';
import { previewTable } from './tablePreview.ts';
import type { Tracking } from './tracking.ts';
import { artifactOfUpload, cancelUpload, requireUpload, startUpload, uploadOutput } from './uploads.ts';

export function createTrackingRouter(tracking: Tracking) {
  const os = implement(contract.tracking).$context<CallContext>();

  const experimentChanged = ({ live, caller }: CallContext, experimentId: string) =>
    live.publish({ workspaceId: caller.workspaceId, topic: 'experiment', experimentId, payload: null });

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
        tracking.places.forget();
        experimentChanged(context, id);
        return deleted;
      }),
      restore: os.experiments.restore.handler(async ({ context, input: { id } }) => {
        requireRole(context, 'editor');
        const restored = await setExperimentDeleted(context, id, false);
        tracking.places.forget();
        experimentChanged(context, id);
        return restored;
      }),
    },
    runs: {
      create: os.runs.create.handler(async ({ context, input }) => {
        const { sql, caller } = context;
        const { id } = await inOneChange(context, (tx, effects) =>
          createRun(tx, caller, runCreate.parse(input), { now: context.now(), effects }),
        );
        return requireRun(sql, caller.workspaceId, id);
      }),
      get: os.runs.get.handler(({ context: { sql, caller }, input: { id } }) => requireRun(sql, caller.workspaceId, id)),
      update: os.runs.update.handler(async ({ context, input }) => {
        await inOneChange(context, (tx, effects) => changeRun(tx, context.caller, input, { now: context.now(), effects }));
        return requireRun(context.sql, context.caller.workspaceId, input.id);
      }),
      log: os.runs.log.handler(async ({ context, input: { id, series, params, tags } }) => {
        const added = series.map(({ key, ...columns }) => ({ key, points: toColumns(columns) }));
        return { points: await logToRun(tracking, context, { runId: id, series: added, setParams: params, setTags: tags }) };
      }),
      delete: os.runs.delete.handler(async ({ context, input: { ids } }) => ({ ids: await setDeleted(tracking, context, ids, true) })),
      restore: os.runs.restore.handler(async ({ context, input: { ids } }) => ({ ids: await setDeleted(tracking, context, ids, false) })),
      search: os.runs.search.handler(({ context, input }) => foundRuns(context, input)),
      groups: os.runs.groups.handler(({ context, input }) => groupRuns(context.sql, context.caller, input, context.now())),
      archive: os.runs.archive.handler(async ({ context, input }) => ({ ids: await setRunsArchived(context, input, true) })),
      unarchive: os.runs.unarchive.handler(async ({ context, input }) => ({ ids: await setRunsArchived(context, input, false) })),
      tag: os.runs.tag.handler(async ({ context, input }) => ({ ids: await tagRuns(context, input) })),
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
      uploads: {
        start: os.artifacts.uploads.start.handler(async ({ context, input }) => uploadOutput((await startUpload(context, input)).upload)),
        get: os.artifacts.uploads.get.handler(async ({ context, input }) => uploadOutput(await uploadOf(context, input))),
        complete: os.artifacts.uploads.complete.handler(async ({ context, input }) => {
          requireRole(context, 'editor');
          return artifactOfUpload(await tracking.uploads.complete(context, await uploadOf(context, input), input.parts));
        }),
        cancel: os.artifacts.uploads.cancel.handler(async ({ context, input }) => {
          requireRole(context, 'editor');
          return uploadOutput(await cancelUpload(context, await uploadOf(context, input)));
        }),
      },
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

function uploadOf({ sql, caller }: CallContext, { runId, uploadId }: { runId: string; uploadId: string }) {
  return requireUpload(sql, caller.workspaceId, uploadId, runId);
}

async function setDeleted(tracking: Tracking, context: CallContext, ids: string[], deleted: boolean): Promise<string[]> {
  const changed = await inOneChange(context, (tx, effects) =>
    setRunsDeleted(tx, context.caller, ids, deleted, { now: context.now(), effects }),
  );
  tracking.places.forget(changed);
  return changed;
}
