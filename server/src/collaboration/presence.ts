/** Who looks at what now. Kept in memory alone: it is true while somebody's connection is open, and nobody asks for it afterwards. */
import type { Onlooker, Subject } from '@cellkeep/schema/collaboration';
import type { Caller, Services } from '../core/context.ts';

type Who = Pick<Caller, 'workspaceId' | 'userId' | 'userName'>;

interface Looking {
  name: string;
  since: number;
  /** Windows of this person. */
  windows: number;
}

export interface Presence {
  /** Counts as looking until the returned function is called. */
  enter: (who: Who, subject: Subject) => () => void;
  /** Longest first. */
  list: (workspaceId: string, subject: Subject) => Onlooker[];
}

export function createPresence({ live, now }: Pick<Services, 'live' | 'now'>): Presence {
  const bySubject = new Map<string, Map<string, Looking>>();
  const keyOf = (workspaceId: string, subject: Subject) => `${workspaceId} ${subject}`;

  return {
    enter({ workspaceId, userId, userName }, subject) {
      const key = keyOf(workspaceId, subject);
      const people = bySubject.get(key) ?? new Map<string, Looking>();
      bySubject.set(key, people);
      const known = people.get(userId);
      if (known) known.windows += 1;
      else people.set(userId, { name: userName, since: now(), windows: 1 });
      const tell = () => live.publish({ workspaceId, topic: 'presence', payload: { subject } });
      if (!known) tell();
      let isGone = false;
      return () => {
        if (isGone) return;
        isGone = true;
        const looking = people.get(userId);
        if (!looking || --looking.windows > 0) return;
        people.delete(userId);
        if (people.size === 0) bySubject.delete(key);
        tell();
      };
    },
    list(workspaceId, subject) {
      const people = bySubject.get(keyOf(workspaceId, subject)) ?? new Map<string, Looking>();
      return [...people].map(([id, { name, since }]) => ({ id, name, since })).sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1));
    },
  };
}
