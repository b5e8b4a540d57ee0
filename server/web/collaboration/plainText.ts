const LONGEST = 160;

/** The words of Markdown in one line, without what only shapes them: for lists, where a heading or a table has no room. */
export function plainText(markdown: string): string {
  const words = markdown
    .slice(0, LONGEST * 4)
    .replace(/^ {0,3}(?:```|~~~)[^\n]*$/gm, ' ')
    .replace(/!?\[([^\]\n]*)\]\([^)\n]*\)/g, '$1')
    .replace(/^[ \t]*(?:#{1,6}|>|[-*+]|\d+\.)[ \t]+/gm, '')
    .replace(/[*_`~]{1,3}(?=\S)|(?<=\S)[*_`~]{1,3}/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  return words.length > LONGEST ? `${words.slice(0, LONGEST)}…` : words;
}
