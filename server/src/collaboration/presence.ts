/**
 * Who looks at what now. Kept in memory alone: it is true while somebody's connection is open, and nobody asks for it afterwards. Each
 * server knows its own connections and tells the others of them; what one that is gone had told is forgotten.
 */
import type { Onlooker, Subject } from '@cellkeep/schema/collaboration';
import type { Caller, Services } from '../core/context.ts';

type Who = Pick<Caller, 'workspaceId' | 'userId' | 'userName'>;

interface Looking {
  name: string;
  since: number;
  /** Windows of this person. */
  windows: number;
}

/** What a server says of its own connections when they change. */
export interface PresenceNews {
  subject: Subject;
  people: Onlooker[];
}

export interface Presence {
  /** Counts as looking until the returned function is called. */
  enter: (who: Who, subject: Subject) => () => void;
  /** Longest first, on all servers. */
  list: (workspaceId: string, subject: Subject) => Onlooker[];
}

export function createPresence({ live, now }: Pick<Services, 'live' | 'now'>): Presence {
  const here = new Map<string, { workspaceId: string; subject: Subject; people: Map<string, Looking> }>();
  /** By server, then as `here`. */
  const elsewhere = new Map<string, Map<string, { workspaceId: string; news: PresenceNews }>>();
  const keyOf = (workspaceId: string, subject: Subject) => `${workspaceId} ${subject}`;

  const ofHere = (key: string): Onlooker[] => [...(here.get(key)?.people ?? [])].map(([id, { name, since }]) => ({ id, name, since }));
  const tell = (workspaceId: string, subject: Subject) => {
    const payload: PresenceNews = { subject, people: ofHere(keyOf(workspaceId, subject)) };
    live.publish({ workspaceId, topic: 'presence', payload });
  };
  live.onAny(({ workspaceId, topic, payload, from }) => {
    if (topic !== 'presence' || from === undefined) return;
    const news = payload as PresenceNews;
    const theirs = elsewhere.get(from) ?? new Map();
    elsewhere.set(from, theirs);
    if (news.people.length > 0) theirs.set(keyOf(workspaceId, news.subject), { workspaceId, news });
    else theirs.delete(keyOf(workspaceId, news.subject));
  });
  live.onServer((change, server) => {
    if (change === 'came') {
      for (const { workspaceId, subject } of here.values()) tell(workspaceId, subject);
      return;
    }
    const theirs = elsewhere.get(server);
    elsewhere.delete(server);
    for (const { workspaceId, news } of theirs?.values() ?? []) tell(workspaceId, news.subject);
  });

  return {
    enter({ workspaceId, userId, userName }, subject) {
      const key = keyOf(workspaceId, subject);
      const place = here.get(key) ?? { workspaceId, subject, people: new Map<string, Looking>() };
      here.set(key, place);
      const known = place.people.get(userId);
      if (known) known.windows += 1;
      else {
        place.people.set(userId, { name: userName, since: now(), windows: 1 });
        tell(workspaceId, subject);
      }
      let isGone = false;
      return () => {
        if (isGone) return;
        isGone = true;
        const looking = place.people.get(userId);
        if (!looking || --looking.windows > 0) return;
        place.people.delete(userId);
        if (place.people.size === 0) here.delete(key);
        tell(workspaceId, subject);
      };
    },
    list(workspaceId, subject) {
      const key = keyOf(workspaceId, subject);
      const all = [...ofHere(key), ...[...elsewhere.values()].flatMap((theirs) => theirs.get(key)?.news.people ?? [])];
      const people = new Map<string, Onlooker>();
      for (const one of all.sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1))) {
        if (!people.has(one.id)) people.set(one.id, one);
      }
      return [...people.values()];
    },
  };
}
