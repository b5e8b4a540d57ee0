/** What was typed and not sent: kept by what it is for until it is, also over a reload of the page. */
import { useCallback, useState } from 'react';

const nameOf = (key: string) => `cellkeep.draft.${key}`;
/** For browsers that keep nothing for us. */
const held = new Map<string, string>();

export function draftOf(key: string): string | null {
  try {
    return localStorage.getItem(nameOf(key)) ?? held.get(key) ?? null;
  } catch {
    return held.get(key) ?? null;
  }
}

/** Empty: there is nothing unsent any more. */
export function keepDraft(key: string, text: string): void {
  if (text === '') held.delete(key);
  else held.set(key, text);
  try {
    if (text === '') localStorage.removeItem(nameOf(key));
    else localStorage.setItem(nameOf(key), text);
  } catch {
    // Storage is off or full: the draft lasts as long as the page.
  }
}

export function useDraft(key: string): [string, (text: string) => void] {
  const [text, setText] = useState(() => draftOf(key) ?? '');
  const write = useCallback(
    (next: string) => {
      setText(next);
      keepDraft(key, next);
    },
    [key],
  );
  return [text, write];
}
