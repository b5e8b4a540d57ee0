/** Operations of snapshots, their parts and environments. */
import { requireRole } from '../access/index.ts';
import { deleteSnapshot } from './deleteSnapshot.ts';
import { diffSnapshots } from './diff/diffSnapshots.ts';
import { requireEnvironment, storeEnvironment } from './environments.ts';
import { os } from './implementer.ts';
import { checkPart, keepLarge, missingParts, storeParts } from './parts.ts';
import { putOneSnapshot } from './putSnapshot.ts';
import { listSnapshots, requireSnapshot, requireSummary } from './readSnapshots.ts';
import { showCells } from './showCells.ts';
import { publishSnapshot } from './snapshotNews.ts';

export function snapshotHandlers() {
  return {
    snapshots: {
      list: os.snapshots.list.handler(({ context: { sql, caller }, input }) => listSnapshots(sql, caller, input)),
      get: os.snapshots.get.handler(({ context: { sql, caller }, input: { id } }) => requireSnapshot(sql, caller.workspaceId, id)),
      put: os.snapshots.put.handler(async ({ context, input }) => {
        requireRole(context, 'editor');
        const { sql, caller } = context;
        const news = await putOneSnapshot(context, input);
        if (news) publishSnapshot(context, caller.workspaceId, news);
        return requireSummary(sql, caller.workspaceId, input.id);
      }),
      cells: os.snapshots.cells.handler(({ context, input }) => showCells(context, input)),
      diff: os.snapshots.diff.handler(({ context, input }) => diffSnapshots(context, input)),
      delete: os.snapshots.delete.handler(async ({ context, input: { id } }) => {
        const news = await deleteSnapshot(context, id);
        if (news) publishSnapshot(context, context.caller.workspaceId, news);
        return { deleted: news !== null };
      }),
    },
    parts: {
      missing: os.parts.missing.handler(async ({ context, input: { digests } }) => {
        requireRole(context, 'editor'); // only who is about to send asks, and what is there is kept for him
        const { sql, caller, now } = context;
        return { missing: await missingParts(sql, caller.workspaceId, digests, now()) };
      }),
      put: os.parts.put.handler(async ({ context, input: { parts } }) => {
        requireRole(context, 'editor');
        const { sql, caller, now } = context;
        const ready = await keepLarge(
          context,
          parts.map((part, i) => checkPart(part, `parts[${i}]`)),
        );
        return { stored: await sql.begin((tx) => storeParts(tx, caller.workspaceId, ready, now())) };
      }),
    },
    environments: {
      get: os.environments.get.handler(({ context: { sql, caller }, input: { digest } }) =>
        requireEnvironment(sql, caller.workspaceId, digest),
      ),
      put: os.environments.put.handler(async ({ context, input: { digest, environment } }) => {
        requireRole(context, 'editor');
        const { sql, caller } = context;
        return { stored: await storeEnvironment(sql, caller.workspaceId, digest, environment, environment) };
      }),
    },
  };
}
