/** What the views of this room ask the server, and what an event changes in the answers. */
import type { CollaborationEvent, Comment, Report, Subject } from '@cellkeep/schema/collaboration';
import { type InfiniteData, keepPreviousData, type QueryClient, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useClient } from '../live/shared.ts';

export const collaborationKeys = {
  all: ['collaboration'] as const,
  comments: (subject: Subject) => ['collaboration', 'comments', subject] as const,
  inbox: ['collaboration', 'inbox'] as const,
  unread: ['collaboration', 'inbox', 'unread'] as const,
  reports: ['collaboration', 'reports'] as const,
  report: (id: string) => ['collaboration', 'report', id] as const,
  revisions: (id: string) => ['collaboration', 'revisions', id] as const,
  revision: (id: string, revision: number) => ['collaboration', 'revisions', id, revision] as const,
  views: ['collaboration', 'views'] as const,
  people: ['collaboration', 'people'] as const,
};

export interface CommentsPage {
  /** Newest first. */
  comments: Comment[];
  nextCursor: string | null;
  total: number;
}
type CommentsData = InfiniteData<CommentsPage, string | undefined>;

/** Comments: what one reads on arrival comes soon, what lies before comes in few requests. */
const [FIRST_PAGE, NEXT_PAGE] = [50, 200];

export function useComments(subject: Subject) {
  const client = useClient();
  return useInfiniteQuery({
    queryKey: collaborationKeys.comments(subject),
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      client.collaboration.comments.list({ subject, limit: pageParam ? NEXT_PAGE : FIRST_PAGE, cursor: pageParam }, { signal }),
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
}

export function useReports(input: { lifecycle: 'active' | 'deleted'; text?: string }) {
  const client = useClient();
  return useInfiniteQuery({
    queryKey: [...collaborationKeys.reports, input],
    initialPageParam: undefined as string | undefined,
    placeholderData: keepPreviousData,
    queryFn: ({ pageParam, signal }) => client.collaboration.reports.list({ ...input, cursor: pageParam }, { signal }),
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
}

export function useReport(id: string) {
  const client = useClient();
  return useQuery({
    queryKey: collaborationKeys.report(id),
    queryFn: ({ signal }) => client.collaboration.reports.get({ id }, { signal }),
  });
}

/** Users who can be mentioned. */
export function usePeople() {
  const client = useClient();
  return useQuery({
    queryKey: collaborationKeys.people,
    staleTime: 60_000,
    queryFn: async ({ signal }) => (await client.access.users.list(undefined, { signal })).users.filter(({ disabled }) => !disabled),
  });
}

export function useInbox(isOpen: boolean) {
  const client = useClient();
  return useInfiniteQuery({
    queryKey: [...collaborationKeys.inbox, 'list'],
    enabled: isOpen,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => client.collaboration.inbox.list({ limit: 20, cursor: pageParam }, { signal }),
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
}

/** Told by the watch of the header; never asked for by itself. */
export function useUnread(): number {
  return (
    useQuery<number>({ queryKey: collaborationKeys.unread, queryFn: () => 0, enabled: false, gcTime: Number.POSITIVE_INFINITY }).data ?? 0
  );
}

export function applyCollaboration(cache: QueryClient, event: CollaborationEvent): void {
  if (event.type === 'comment') putComment(cache, event.change, event.comment);
  else if (event.type === 'inbox') {
    if (cache.getQueryData(collaborationKeys.unread) === event.unread) return;
    cache.setQueryData(collaborationKeys.unread, event.unread);
    void cache.invalidateQueries({ queryKey: [...collaborationKeys.inbox, 'list'] });
  } else if (event.type === 'report') {
    void cache.invalidateQueries({ queryKey: collaborationKeys.reports });
    const known = cache.getQueryData<Report>(collaborationKeys.report(event.report.id));
    const isNew = !known || known.revision < event.report.revision || known.lifecycle !== event.report.lifecycle;
    if (!isNew) return;
    void cache.invalidateQueries({ queryKey: collaborationKeys.report(event.report.id) });
    void cache.invalidateQueries({ queryKey: collaborationKeys.revisions(event.report.id) });
  } else if (event.type === 'view') void cache.invalidateQueries({ queryKey: collaborationKeys.views });
  else if (event.type === 'lagging') void cache.invalidateQueries({ queryKey: collaborationKeys.all });
}

/** A comment is put where it belongs; that one wrote it oneself and hears of it makes no second one. */
export function putComment(cache: QueryClient, change: 'created' | 'edited' | 'deleted', comment: Comment): void {
  cache.setQueryData<CommentsData>(collaborationKeys.comments(comment.subject), (data) => {
    if (!data) return data;
    const isKnown = data.pages.some((page) => page.comments.some(({ id }) => id === comment.id));
    const pages = data.pages.map((page, at) => {
      if (change === 'deleted') {
        if (!isKnown) return page;
        return { ...page, comments: page.comments.filter(({ id }) => id !== comment.id), total: page.total - 1 };
      }
      if (isKnown) return { ...page, comments: page.comments.map((one) => (one.id === comment.id ? comment : one)) };
      if (change === 'edited') return page;
      return { ...page, comments: at === 0 ? [comment, ...page.comments] : page.comments, total: page.total + 1 };
    });
    return { ...data, pages };
  });
}
