import { contract } from '@cellkeep/schema';
import type { Notebook } from '@cellkeep/schema/design';
import { implement } from '@orpc/server';
import { requireRole } from '../access/index.ts';
import type { CallContext } from '../core/context.ts';
import { cursorOf, readCursor } from '../core/cursor.ts';
import { appendEvent } from '../core/events.ts';
import { deleteCheckpoint, listCheckpoints, putCheckpoint, requireCheckpoint } from './checkpoints.ts';
import { listExecutions } from './executions.ts';
import { moveNotebooks } from './notebooks.ts';
import { snapshotHandlers } from './snapshotHandlers.ts';
import { type Verifying, verdictHandlers } from './verdictRouter.ts';

type NotebookRow = Omit<Notebook, 'createdAt' | 'updatedAt'> & { createdAt: Date; updatedAt: Date };

export function createDesignRouter(verifying: Verifying) {
  const os = implement(contract.design).$context<CallContext>();
  return os.router({
    ...snapshotHandlers(),
    ...verdictHandlers(verifying),
    notebooks: {
      list: os.notebooks.list.handler(async ({ context: { sql, caller }, input: { limit, cursor, path } }) => {
        const after = cursor === undefined ? null : readCursor(cursor, ['number', 'string']);
        const rows = await sql<NotebookRow[]>`
          select n.id, n.path, u.name as "userName", n.created_at as "createdAt", n.updated_at as "updatedAt",
            (select count(*)::int from runs r where r.notebook_id = n.id and r.deleted_at is null) as "runCount"
          from notebooks n join users u on u.id = n.user_id
          where n.workspace_id = ${caller.workspaceId} and n.replaced_at is null
            ${path === undefined ? sql`` : sql`and n.path = ${path}`}
            ${after === null ? sql`` : sql`and (n.updated_at, n.id) < (${new Date(Number(after[0]))}, ${String(after[1])}::uuid)`}
          order by n.updated_at desc, n.id desc limit ${limit + 1}`;
        const page = rows.slice(0, limit);
        const end = page.at(-1);
        return {
          notebooks: page.map((row) => ({ ...row, createdAt: row.createdAt.getTime(), updatedAt: row.updatedAt.getTime() })),
          nextCursor: rows.length > limit && end ? cursorOf([end.updatedAt.getTime(), end.id]) : null,
        };
      }),
      move: os.notebooks.move.handler(async ({ context, input: { from, to } }) => {
        requireRole(context, 'editor');
        const { sql, caller, now } = context;
        return sql.begin(async (tx) => {
          const moved = await moveNotebooks(tx, caller, from, to, now());
          if (moved > 0) await appendEvent(tx, caller, { what: 'notebook.moved', subject: `notebook:${to}`, data: { from, to, moved } });
          return { moved: moved > 0 };
        });
      }),
    },
    checkpoints: {
      list: os.checkpoints.list.handler(({ context: { sql, caller }, input }) => listCheckpoints(sql, caller, input)),
      get: os.checkpoints.get.handler(({ context: { sql, caller }, input: { id } }) => requireCheckpoint(sql, caller, id)),
      put: os.checkpoints.put.handler(({ context, input }) => {
        requireRole(context, 'editor');
        return putCheckpoint(context, input);
      }),
      delete: os.checkpoints.delete.handler(({ context, input: { id } }) => {
        requireRole(context, 'editor');
        return deleteCheckpoint(context, id);
      }),
    },
    executions: {
      list: os.executions.list.handler(({ context: { sql, caller }, input }) => listExecutions(sql, caller, input)),
    },
  });
}
