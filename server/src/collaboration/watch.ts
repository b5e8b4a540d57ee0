/**
 * What a page of this room hears: its inbox, reports and views; of the subject that it shows also comments and who else looks at it. To
 * watch a subject is to look at it, so presence needs no beats of its own: the connection's pings end one that has died.
 */
import type { CollaborationEvent, Comment, ReportSummary, Subject, WatchSubject } from '@cellkeep/schema/collaboration';
import type { Caller, Services } from '../core/context.ts';
import type { LiveMessage } from '../core/live.ts';
import { countUnread } from './inbox.ts';
import type { Presence } from './presence.ts';
import { requireSubject } from './subjects.ts';

/** Events that wait for one client; comments among them have 20,000 characters each at most. */
const MOST_WAITING = 200;

export interface CollaborationWatchers {
  watch: (caller: Caller, input: WatchSubject, signal: AbortSignal | undefined) => AsyncGenerator<CollaborationEvent>;
  /** Ends every subscription. */
  close: () => void;
}

export function createWatchers(services: Pick<Services, 'sql' | 'live' | 'now' | 'log'>, presence: Presence): CollaborationWatchers {
  const { sql, live, now } = services;
  const closing = new AbortController();
  return {
    async *watch(caller, { subject, looking }, signal) {
      const { workspaceId, userId } = caller;
      if (subject) await requireSubject(sql, workspaceId, subject);
      const waiting = new Waiting();
      const leave: (() => void)[] = [];
      const end = () => waiting.end();
      const tellUnread = () =>
        countUnread(sql, userId).then(
          (unread) => waiting.push({ type: 'inbox', unread }),
          () => waiting.lag(), // the database is away: the client asks again
        );
      const tellPresence = (of: Subject) => waiting.push({ type: 'presence', subject: of, people: presence.list(workspaceId, of) });
      const take = ({ topic, experimentId, payload }: LiveMessage) => {
        if (topic === 'presence' && subject && (payload as { subject: Subject }).subject === subject) tellPresence(subject);
        else if (topic === 'comment' && subject && (payload as { comment: Comment }).comment.subject === subject) {
          waiting.push({ type: 'comment', ...(payload as { change: 'created' | 'edited' | 'deleted'; comment: Comment }) });
        } else if (topic === 'report') waiting.push({ type: 'report', report: payload as ReportSummary });
        else if (topic === 'view' && isSeenBy(userId, payload)) waiting.push({ type: 'view', experimentId: experimentId ?? null });
        else if (topic === 'inbox' && (payload as { userIds: string[] }).userIds.includes(userId)) void tellUnread();
      };
      signal?.addEventListener('abort', end);
      closing.signal.addEventListener('abort', end);
      leave.push(live.subscribe(workspaceId, take));
      try {
        if (signal?.aborted || closing.signal.aborted) return;
        yield { type: 'hello', at: now() };
        void tellUnread();
        if (subject && looking) leave.push(presence.enter(caller, subject));
        if (subject) tellPresence(subject);
        yield* waiting.read();
      } finally {
        for (const each of leave) each();
        signal?.removeEventListener('abort', end);
        closing.signal.removeEventListener('abort', end);
      }
    },
    close: () => closing.abort(),
  };
}

/** That somebody keeps a private view is nobody else's concern. */
const isSeenBy = (userId: string, payload: unknown) => [null, userId].includes((payload as { userId: string | null }).userId);

/** What waits for one client: bounded. States replace each other; what does not fit is dropped and told. */
class Waiting {
  private events: CollaborationEvent[] = [];
  private isLagging = false;
  private wake: (() => void) | null = null;
  private isEnded = false;

  push(event: CollaborationEvent): void {
    if (event.type === 'presence' || event.type === 'inbox') this.events = this.events.filter(({ type }) => type !== event.type);
    if (this.events.length < MOST_WAITING) this.events.push(event);
    else this.isLagging = true;
    this.wake?.();
  }

  lag(): void {
    this.isLagging = true;
    this.wake?.();
  }

  end(): void {
    this.isEnded = true;
    this.wake?.();
  }

  async *read(): AsyncGenerator<CollaborationEvent> {
    while (!this.isEnded) {
      const next = this.events.shift();
      if (next) yield next;
      else if (this.isLagging) {
        this.isLagging = false;
        yield { type: 'lagging' };
      } else {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
        this.wake = null;
      }
    }
  }
}
