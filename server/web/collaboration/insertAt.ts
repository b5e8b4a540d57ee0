/** The text with a block of its own at the caret: on new lines, with an empty one before and behind. */
export function insertAt(text: string, caret: number, block: string): { text: string; caret: number } {
  // Not within a line: that would cut a word, or a block, in two.
  const end = text.indexOf('\n', caret);
  const at = caret === 0 || text[caret - 1] === '\n' ? caret : end < 0 ? text.length : end + 1;
  const before = text.slice(0, at);
  const after = text.slice(at);
  const gap = before === '' || before.endsWith('\n\n') ? '' : before.endsWith('\n') ? '\n' : '\n\n';
  const start = before + gap + block.trimEnd();
  const rest = after.replace(/^\n+/, '');
  return { text: `${start}\n${rest ? `\n${rest}` : ''}`, caret: start.length + 1 };
}
