import { type ReactElement, useSyncExternalStore } from 'react';
import { exactTime, formatAgo, formatDuration, isoTime } from './format.ts';

/** One clock for all relative times: a page of a hundred rows must not hold a hundred timers. */
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | null = null;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of [...listeners]) each();
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0 || !timer) return;
    clearInterval(timer);
    timer = null;
  };
}

/** Snapshot of a text that changes with time: who shows it is rendered only when the text is different. */
function useTimed(text: (now: number) => string): string {
  return useSyncExternalStore(subscribe, () => text(timer ? now : Date.now()));
}

export function Ago({ at }: { at: number }): ReactElement {
  const text = useTimed((moment) => formatAgo(at, moment));
  return (
    <time className="ck-time" dateTime={isoTime(at)} title={exactTime(at)}>
      {text}
    </time>
  );
}

/** How long it took, or takes until now. */
export function Took({ from, to }: { from: number; to: number | null }): ReactElement {
  const text = useTimed((moment) => formatDuration((to ?? Math.floor(moment / 1000) * 1000) - from));
  return <span className="ck-time">{text}</span>;
}
