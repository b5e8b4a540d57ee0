/** JSON as Python writes it: NaN, Infinity and -Infinity may stand as bare words, which JSON itself does not know. */
import { jsonErrorAt } from '../core/jsonPosition.ts';
import { invalidParameter } from './errors.ts';

/** @throws INVALID_PARAMETER_VALUE that says where it stops being JSON */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  // Only now: the search costs as much as the parsing, and clients of today write such words as text.
  try {
    return JSON.parse(withWordsQuoted(text));
  } catch {
    const { line, column } = jsonErrorAt(text);
    throw invalidParameter(`The request body is no JSON from line ${line}, column ${column} on.`);
  }
}

const QUOTE_OR_WORD = /"|-?(?:NaN|Infinity)/g;
const QUOTE_OR_ESCAPE = /["\\]/g;

/** One walk from left to right, so that what is sent costs by its length alone, however broken it is. */
function withWordsQuoted(text: string): string {
  const pieces: string[] = [];
  let kept = 0;
  QUOTE_OR_WORD.lastIndex = 0;
  for (let found = QUOTE_OR_WORD.exec(text); found; found = QUOTE_OR_WORD.exec(text)) {
    const [word] = found;
    if (word === '"') {
      QUOTE_OR_WORD.lastIndex = endOfString(text, found.index);
      continue;
    }
    pieces.push(text.slice(kept, found.index), `"${word}"`);
    kept = QUOTE_OR_WORD.lastIndex;
  }
  return pieces.join('') + text.slice(kept);
}

/** @returns behind the quote that closes it; the end of the text where none does */
function endOfString(text: string, open: number): number {
  QUOTE_OR_ESCAPE.lastIndex = open + 1;
  for (let found = QUOTE_OR_ESCAPE.exec(text); found; found = QUOTE_OR_ESCAPE.exec(text)) {
    if (found[0] === '"') return QUOTE_OR_ESCAPE.lastIndex;
    QUOTE_OR_ESCAPE.lastIndex += 1; // what is escaped, a quote too
  }
  return text.length;
}
