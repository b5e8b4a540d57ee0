/** Notes that were typed and not saved: kept by run until they are, also over a reload of the page. */
const nameOf = (runId: string) => `cellkeep.notes.${runId}`;
/** For browsers that keep nothing for us. */
const held = new Map<string, string>();

export function draftOf(runId: string): string | null {
  try {
    return sessionStorage.getItem(nameOf(runId)) ?? held.get(runId) ?? null;
  } catch {
    return held.get(runId) ?? null;
  }
}

/** Null: there is nothing unsaved any more. */
export function keepDraft(runId: string, text: string | null): void {
  if (text === null) held.delete(runId);
  else held.set(runId, text);
  try {
    if (text === null) sessionStorage.removeItem(nameOf(runId));
    else sessionStorage.setItem(nameOf(runId), text);
  } catch {
    // Storage is off or full: the draft lasts as long as the page.
  }
}
