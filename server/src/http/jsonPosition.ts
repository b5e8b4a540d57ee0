/** Finds where a text stops being JSON (RFC 8259). The engine's own message often shows a piece of the text and no place. */

export interface Place {
  /** Both from 1. */
  line: number;
  column: number;
}

const BLANK = /[ \t\n\r]*/y;
const WORD = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them inside strings
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

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
  const eat = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match && match[0].length > 0) at += match[0].length;
    return match !== null && match[0].length > 0;
  };
  const key = (): boolean => {
    if (!eat(STRING)) return false;
    eat(BLANK);
    if (text[at] !== ':') return false;
    at += 1;
    eat(BLANK);
    return true;
  };
  eat(BLANK);
  for (;;) {
    // A value begins here.
    const first = text[at];
    if (first === '{' || first === '[') {
      at += 1;
      eat(BLANK);
      if (text[at] !== (first === '{' ? '}' : ']')) {
        open.push(first);
        if (first === '{' && !key()) return at;
        continue;
      }
      at += 1;
    } else if (!eat(first === '"' ? STRING : WORD)) return at;
    // A value has ended here.
    eat(BLANK);
    while (open.length > 0 && text[at] === (open.at(-1) === '{' ? '}' : ']')) {
      open.pop();
      at += 1;
      eat(BLANK);
    }
    if (open.length === 0 || text[at] !== ',') return at;
    at += 1;
    eat(BLANK);
    if (open.at(-1) === '{' && !key()) return at;
  }
}
