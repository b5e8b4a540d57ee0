/** "@" and what was typed behind it, while somebody is being mentioned. */
export interface Mentioning {
  /** Of the "@". */
  from: number;
  /** Of the caret. */
  to: number;
  typed: string;
}

const LONGEST = 40; // characters; behind a lone "@" far away nobody is meant any more

/** Null: the caret is not in a name. A name may hold spaces, so whether it goes on is for the list of people to say. */
export function mentioningAt(text: string, caret: number): Mentioning | null {
  const from = text.lastIndexOf('@', caret - 1);
  if (from < 0 || caret - from > LONGEST) return null;
  const before = text[from - 1];
  if (before !== undefined && /[\p{L}\p{N}_]/u.test(before)) return null; // an address
  const typed = text.slice(from + 1, caret);
  return /[\n@]|^\s|\s\s/.test(typed) ? null : { from, to: caret, typed };
}

export function completeMention(text: string, { from, to }: Mentioning, name: string): { text: string; caret: number } {
  const after = text.slice(to);
  const said = `@${name}${/^\s/.test(after) ? '' : ' '}`;
  return { text: text.slice(0, from) + said + after, caret: from + said.length };
}
