/** Finds where a text stops being JSON (RFC 8259). The engine's own message often shows a piece of the text and no place. */

export interface Place {
  /** Both from 1. */
  line: number;
  column: number;
}

const BLANK = /[ \t\n\r]*/y;
const WORD = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them inside strings
const STOPS_STRING = /["\\\u0000-\u001f]/g;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Only for a text that JSON.parse refused. */
export function jsonErrorAt(text: string): Place {
  const at = errorIndex(text);
  const before = text.slice(0, at);
  return { line: before.split('\n').length, column: at - before.lastIndexOf('\n') };
}

/** A walk without recursion: depth is bounded by memory alone. */
function errorIndex(text: string): number {
  const open: ('{' | '[')[] = [];
  let at = 0;
  const eatWord = (): boolean => {
    WORD.lastIndex = at;
    const length = WORD.exec(text)?.[0].length ?? 0;
    at += length;
    return length > 0;
  };
  const eatBlank = (): void => {
    if (text.charCodeAt(at) > 0x20) return;
    BLANK.lastIndex = at;
    at += BLANK.exec(text)?.[0].length ?? 0;
  };
  const eatString = (): boolean => {
    const end = text[at] === '"' ? endOfString(text, at) : at;
    const isWhole = end > at;
    at = end;
    return isWhole;
  };
  const key = (): boolean => {
    if (!eatString()) return false;
    eatBlank();
    if (text[at] !== ':') return false;
    at += 1;
    eatBlank();
    return true;
  };
  eatBlank();
  for (;;) {
    // A value begins here.
    const first = text[at];
    if (first === '{' || first === '[') {
      at += 1;
      eatBlank();
      if (text[at] !== (first === '{' ? '}' : ']')) {
        open.push(first);
        if (first === '{' && !key()) return at;
        continue;
      }
      at += 1;
    } else if (!(first === '"' ? eatString() : eatWord())) return at;
    // A value has ended here.
    eatBlank();
    while (open.length > 0 && text[at] === (open.at(-1) === '{' ? '}' : ']')) {
      open.pop();
      at += 1;
      eatBlank();
    }
    if (open.length === 0 || text[at] !== ',') return at;
    at += 1;
    eatBlank();
    if (open.at(-1) === '{' && !key()) return at;
  }
}

/** Piece by piece: one pattern for a whole string runs out of stack where it is long. @returns `open` where it is no string */
function endOfString(text: string, open: number): number {
  STOPS_STRING.lastIndex = open + 1;
  for (let found = STOPS_STRING.exec(text); found; found = STOPS_STRING.exec(text)) {
    if (found[0] === '"') return found.index + 1;
    ESCAPE.lastIndex = found.index;
    const escaped = ESCAPE.exec(text);
    if (!escaped) return open;
    STOPS_STRING.lastIndex = found.index + escaped[0].length;
  }
  return open;
}
