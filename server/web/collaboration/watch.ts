/**
 * What this room hears of the server while a page is open. A page that shows a subject is seen there by the others; one that is hidden
 * behind other tabs for a while is not, because nobody looks at it.
 */
import type { CollaborationEvent, Onlooker, Subject } from '@cellkeep/schema/collaboration';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { Connection } from '../connection.ts';
import { useShared } from '../live/shared.ts';
import { applyCollaboration, collaborationKeys } from './queries.ts';

const HIDDEN_FOR = 5_000; // ms; going to look something up in another tab is no leaving
const RETRY_AFTER = 1_000; // ms; the connection stands but the subscription ended

type Listener = (event: CollaborationEvent) => void;

/** Follows until the returned function is called. */
function follow(connection: Connection, subject: Subject | null, listener: Listener): () => void {
  let abort: AbortController | null = null;
  let isOver = false;
  let hiding: ReturnType<typeof setTimeout> | undefined;
  let retrying: ReturnType<typeof setTimeout> | undefined;
  const isHidden = () => subject !== null && document.visibilityState === 'hidden';
  const isLive = () => connection.status.get().state === 'live';

  const begin = async () => {
    clearTimeout(retrying);
    if (isOver || abort || !isLive() || isHidden()) return;
    const mine = new AbortController();
    abort = mine;
    try {
      const events = await connection.client.collaboration.watch(subject ? { subject } : {}, { signal: mine.signal });
      for await (const event of events) {
        if (!mine.signal.aborted) listener(event);
      }
    } catch {
      // The connection tells of its own end, and the view's queries name what is refused.
    }
    if (abort !== mine) return;
    abort = null;
    if (!isOver) retrying = setTimeout(() => void begin(), RETRY_AFTER);
  };
  const end = () => {
    abort?.abort();
    abort = null;
  };
  const onStatus = () => {
    // The iterator ends with its socket. An abort would be sent on the closed one, and fail where nobody can catch it.
    if (isLive()) void begin();
    else abort = null;
  };
  const onVisibility = () => {
    clearTimeout(hiding);
    if (isHidden()) hiding = setTimeout(end, HIDDEN_FOR);
    else void begin();
  };
  const stopListening = connection.status.subscribe(onStatus);
  document.addEventListener('visibilitychange', onVisibility);
  void begin();
  return () => {
    isOver = true;
    clearTimeout(hiding);
    clearTimeout(retrying);
    stopListening();
    document.removeEventListener('visibilitychange', onVisibility);
    end();
  };
}

/** Keeps what is cached of this room up to date while mounted. @returns who looks at the subject now */
export function useCollaboration(subject: Subject | null, listener?: Listener): readonly Onlooker[] {
  const { connection } = useShared();
  const cache = useQueryClient();
  const [people, setPeople] = useState<readonly Onlooker[]>(NOBODY);
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => {
    setPeople(NOBODY);
    let greeted = 0;
    return follow(connection, subject, (event) => {
      if (event.type === 'presence') setPeople(event.people);
      // After a break it is not known what was missed.
      if (event.type === 'hello' && greeted++ > 0) void cache.invalidateQueries({ queryKey: collaborationKeys.all });
      applyCollaboration(cache, event);
      latest.current?.(event);
    });
  }, [connection, cache, subject]);
  return people;
}

const NOBODY: readonly Onlooker[] = [];
