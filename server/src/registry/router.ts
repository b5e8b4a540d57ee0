import { cursorOf, readCursor } from '../core/cursor.ts';
import { deleteAlias, setAlias, versionOfAlias } from './aliases.ts';
import { createVersion, deleteVersion, updateVersion } from './changeVersions.ts';
import { type Governing, governedHandlers } from './governedHandlers.ts';
import { os } from './implementer.ts';
import { createLoggedModel, deleteLoggedModel, updateLoggedModel } from './loggedModels.ts';
import { listLoggedModels, requireLoggedModel } from './readLoggedModels.ts';
import { listVersions, requireVersion } from './readVersions.ts';
import { createModel, deleteModel, requireModel, updateModel } from './registeredModels.ts';
import { describeRunModels } from './runModels.ts';
import { listModels } from './searchModels.ts';

const deleted = { deleted: true } as const;

export function createRegistryRouter(governing: Governing) {
  return os.router({
    ...governedHandlers(governing),
    models: {
      list: os.models.list.handler(({ context: { sql, caller }, input }) => listModels(sql, caller.workspaceId, input)),
      get: os.models.get.handler(({ context: { sql, caller }, input: { name } }) => requireModel(sql, caller.workspaceId, name)),
      create: os.models.create.handler(({ context, input }) => createModel(context, input)),
      update: os.models.update.handler(({ context, input }) => updateModel(context, input)),
      delete: os.models.delete.handler(async ({ context, input: { name } }) => {
        await deleteModel(context, name);
        return deleted;
      }),
    },
    versions: {
      list: os.versions.list.handler(async ({ context: { sql, caller }, input: { name, limit, cursor } }) => {
        const model = await requireModel(sql, caller.workspaceId, name);
        const below = cursor === undefined ? undefined : Number(readCursor(cursor, ['number'])[0]);
        const { versions, hasMore } = await listVersions(sql, model.id, { limit, below });
        const end = versions.at(-1);
        return { versions, nextCursor: hasMore && end ? cursorOf([end.version]) : null };
      }),
      get: os.versions.get.handler(async ({ context: { sql, caller }, input: { name, version } }) =>
        requireVersion(sql, await requireModel(sql, caller.workspaceId, name), version),
      ),
      create: os.versions.create.handler(({ context, input }) => createVersion(context, input)),
      update: os.versions.update.handler(({ context, input }) => updateVersion(context, input)),
      delete: os.versions.delete.handler(async ({ context, input: { name, version } }) => {
        await deleteVersion(context, name, version);
        return deleted;
      }),
    },
    aliases: {
      get: os.aliases.get.handler(({ context: { sql, caller }, input }) => versionOfAlias(sql, caller.workspaceId, input)),
      set: os.aliases.set.handler(({ context, input }) => setAlias(context, input)),
      delete: os.aliases.delete.handler(async ({ context, input }) => ({ deleted: await deleteAlias(context, input) })),
    },
    loggedModels: {
      list: os.loggedModels.list.handler(({ context: { sql, caller }, input }) => listLoggedModels(sql, caller.workspaceId, input)),
      get: os.loggedModels.get.handler(({ context: { sql, caller }, input: { id } }) => requireLoggedModel(sql, caller.workspaceId, id)),
      create: os.loggedModels.create.handler(({ context, input }) => createLoggedModel(context, input)),
      update: os.loggedModels.update.handler(({ context, input }) => updateLoggedModel(context, input)),
      delete: os.loggedModels.delete.handler(async ({ context, input: { id } }) => {
        await deleteLoggedModel(context, id);
        return deleted;
      }),
    },
    runModels: {
      get: os.runModels.get.handler(({ context: { sql, caller }, input: { runId } }) => describeRunModels(sql, caller.workspaceId, runId)),
    },
  });
}
