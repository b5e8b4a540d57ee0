import { contract } from '@cellkeep/schema';
import { implement } from '@orpc/server';
import type { CallContext, Services } from '../core/context.ts';
import { createComment, deleteComment, listComments, updateComment } from './comments.ts';
import { listInbox, readInbox } from './inbox.ts';
import { createPresence, type Presence } from './presence.ts';
import {
  createReport,
  getReport,
  getRevision,
  listReports,
  listRevisions,
  restoreRevision,
  setReportDeleted,
  updateReport,
} from './reports.ts';
import { requireSubject } from './subjects.ts';
import { createView, deleteView, listViews, updateView } from './views.ts';
import { type CollaborationWatchers, createWatchers } from './watch.ts';

/** What of this room lives as long as the server. */
export interface Collaboration {
  presence: Presence;
  watchers: CollaborationWatchers;
}

export function createCollaboration(services: Services): Collaboration {
  const presence = createPresence(services);
  return { presence, watchers: createWatchers(services, presence) };
}

export function createCollaborationRouter({ presence, watchers }: Collaboration) {
  const os = implement(contract.collaboration).$context<CallContext>();
  return os.router({
    views: {
      list: os.views.list.handler(({ context, input }) => listViews(context, input)),
      create: os.views.create.handler(({ context, input }) => createView(context, input)),
      update: os.views.update.handler(({ context, input }) => updateView(context, input)),
      delete: os.views.delete.handler(async ({ context, input: { id } }) => {
        await deleteView(context, id);
        return { deleted: true };
      }),
    },
    reports: {
      list: os.reports.list.handler(({ context, input }) => listReports(context, input)),
      get: os.reports.get.handler(({ context, input: { id } }) => getReport(context, id)),
      create: os.reports.create.handler(({ context, input }) => createReport(context, input)),
      update: os.reports.update.handler(({ context, input }) => updateReport(context, input)),
      delete: os.reports.delete.handler(({ context, input: { id } }) => setReportDeleted(context, id, true)),
      restore: os.reports.restore.handler(({ context, input: { id } }) => setReportDeleted(context, id, false)),
      revisions: {
        list: os.reports.revisions.list.handler(({ context, input }) => listRevisions(context, input)),
        get: os.reports.revisions.get.handler(({ context, input }) => getRevision(context, input)),
        restore: os.reports.revisions.restore.handler(({ context, input }) => restoreRevision(context, input)),
      },
    },
    comments: {
      list: os.comments.list.handler(({ context, input }) => listComments(context, input)),
      create: os.comments.create.handler(({ context, input }) => createComment(context, input)),
      update: os.comments.update.handler(({ context, input }) => updateComment(context, input)),
      delete: os.comments.delete.handler(async ({ context, input: { id } }) => {
        await deleteComment(context, id);
        return { deleted: true };
      }),
    },
    inbox: {
      list: os.inbox.list.handler(({ context, input }) => listInbox(context, input)),
      read: os.inbox.read.handler(async ({ context, input: { commentIds } }) => ({ unread: await readInbox(context, commentIds) })),
    },
    presence: {
      list: os.presence.list.handler(async ({ context: { sql, caller }, input: { subject } }) => {
        await requireSubject(sql, caller.workspaceId, subject);
        return { people: presence.list(caller.workspaceId, subject) };
      }),
    },
    watch: os.watch.handler(({ context: { caller }, input, signal }) => watchers.watch(caller, input, signal)),
  });
}
