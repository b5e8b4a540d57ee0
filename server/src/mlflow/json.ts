/** JSON as Python writes it: NaN, Infinity and -Infinity may stand as bare words, which JSON itself does not know. */
import { jsonErrorAt } from '../http/jsonPosition.ts';
import { invalidParameter } from './errors.ts';

const TEXT_OR_WORD = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/gs;

/** @throws INVALID_PARAMETER_VALUE that says where it stops being JSON */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  // Only now: the search costs as much as the parsing, and clients of today write such words as text.
  const quoted = text.replace(TEXT_OR_WORD, (found) => (found.startsWith('"') ? found : `"${found}"`));
  try {
    return JSON.parse(quoted);
  } catch {
    const { line, column } = jsonErrorAt(text);
    throw invalidParameter(`The request body is no JSON from line ${line}, column ${column} on.`);
  }
}
