/**
 * "@name" in Markdown: which users a text mentions. Names may hold spaces and any script, so they are not parsed but compared: of those
 * that fit behind an "@", the longest counts. Code is left alone: `@property` in a cell calls nobody.
 */

/** A place in the text where somebody is mentioned: from the "@" to the end of the name. */
export interface Mentioned<Who> {
  who: Who;
  from: number;
  to: number;
}

const WORD = /[\p{L}\p{N}_]/u;
export function findMentions<Who extends { name: string }>(text: string, people: readonly Who[]): Mentioned<Who>[] {
  const found: Mentioned<Who>[] = [];
  if (!text.includes('@')) return found;
  const plain = withoutCode(text);
  // Lower case of a few letters is longer than they are; positions would then lie.
  const lower = plain.toLowerCase();
  const readable = lower.length === text.length ? lower : plain;
  const known = people
    .map((who) => ({ who, name: readable === lower ? who.name.toLowerCase() : who.name }))
    .filter(({ name }) => name !== '')
    .sort((a, b) => b.name.length - a.name.length);
  for (let at = readable.indexOf('@'); at >= 0; at = readable.indexOf('@', at + 1)) {
    if (at > 0 && WORD.test(readable[at - 1] as string)) continue; // an address: ada@example.org
    const fits = known.find(({ name }) => readable.startsWith(name, at + 1) && endsAt(readable, at + 1 + name.length, name));
    if (fits) found.push({ who: fits.who, from: at, to: at + 1 + fits.name.length });
  }
  return found;
}

/** A name ends where no more of a word follows; one that ends in a sign does so anyhow. */
function endsAt(text: string, at: number, name: string): boolean {
  const next = text[at];
  return next === undefined || !WORD.test(next) || !WORD.test(name.at(-1) ?? '');
}

/** The text with spaces in place of its code. By hand, because a pattern that says the same takes the square of a hostile text's length. */
function withoutCode(text: string): string {
  let fence: string | null = null;
  const lines = text.split('\n').map((line) => {
    const [, mark] = /^ {0,3}(`{3,}|~{3,})/.exec(line) ?? [];
    if (fence === null) {
      if (mark === undefined || (mark.startsWith('`') && line.trim().slice(mark.length).includes('`'))) return line;
      fence = mark;
    } else if (mark?.startsWith(fence) && line.trim() === mark) fence = null;
    return ' '.repeat(line.length);
  });
  return withoutSpans(lines.join('\n'));
}

/** A span of code ends with as many backticks as it begins with; where none follow, they are backticks. */
function withoutSpans(text: string): string {
  const runs = [...text.matchAll(/`+/g)].map((run) => ({ from: run.index, to: run.index + run[0].length }));
  const next = new Map<number, number>();
  const closing = new Array<number>(runs.length).fill(-1);
  for (let i = runs.length - 1; i >= 0; i--) {
    const { from, to } = runs[i] as { from: number; to: number };
    closing[i] = next.get(to - from) ?? -1;
    next.set(to - from, i);
  }
  let [plain, end] = ['', 0];
  for (let i = 0; i < runs.length; i++) {
    const last = closing[i] as number;
    if (last < 0) continue;
    const [from, to] = [runs[i]?.from ?? 0, runs[last]?.to ?? 0];
    plain += text.slice(end, from) + ' '.repeat(to - from);
    end = to;
    i = last;
  }
  return plain + text.slice(end);
}
