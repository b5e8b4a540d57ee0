/** A filter in pieces: words, numbers, quoted text, operators and brackets, each with the index where it begins. */
import { wrong } from './wrong.ts';

export type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=';
/** `~` looks for words. */
export type Sign = Operator | '~' | '!~';

export interface Token {
  kind: 'word' | 'number' | 'quoted' | 'operator' | 'mark' | 'end';
  /** What it says: of a quoted one, the text inside; of an operator, its one spelling. */
  text: string;
  /** Of a quoted one: which quotes. */
  quote?: string;
  at: number;
  /** Index behind it. */
  end: number;
}

/**
 * All that a key may hold and that means nothing else: spaces, commas, brackets and `=` need quotes. Numbers are words of a certain form, so
 * that `metrics.f1-score` stays one word and `-1e-3` too.
 */
const WORD = /[\p{L}\p{M}\p{N}_\-./:@+%#*[\]]+/uy;
const NUMBER = /^[+-]?(\d+(?:\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const OPERATOR = /==|!=|!~|<>|<=|>=|=|<|>|~/y;
const SPELLINGS: Record<string, Sign> = {
  '=': '=',
  '==': '=',
  '!=': '!=',
  '<>': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
  '~': '~',
  '!~': '!~',
};

export function tokenize(filter: string): Token[] {
  refuseUnstorable(filter);
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at = match(/\s*/y, filter, at).end;
    if (at >= filter.length) break;
    const token = tokenAt(filter, at);
    tokens.push(token);
    at = token.end;
  }
  return [...tokens, { kind: 'end', text: '', at: filter.length, end: filter.length }];
}

function tokenAt(filter: string, at: number): Token {
  const first = filter.charAt(at);
  if (`'"\``.includes(first)) return quotedAt(filter, at, first);
  if ('(),'.includes(first)) return { kind: 'mark', text: first, at, end: at + 1 };
  const word = match(WORD, filter, at);
  if (word.text) return { kind: NUMBER.test(word.text) ? 'number' : 'word', text: word.text, at, end: word.end };
  const operator = match(OPERATOR, filter, at);
  const spelling = SPELLINGS[operator.text];
  if (spelling) return { kind: 'operator', text: spelling, at, end: operator.end };
  const meant = { '&': 'write AND', '|': 'write OR', '!': 'write NOT, or != for "is not"', ';': 'join conditions with AND' }[first];
  const shown = String.fromCodePoint(filter.codePointAt(at) ?? 0);
  throw wrong(
    at,
    `${JSON.stringify(shown)} means nothing here`,
    meant ?? 'put text in quotes, and keys with such characters in `back-ticks`',
  );
}

/** The quote itself is written twice inside. */
function quotedAt(filter: string, at: number, quote: string): Token {
  let text = '';
  for (let from = at + 1; ; ) {
    const close = filter.indexOf(quote, from);
    if (close < 0) throw wrong(at, `the text that begins here is not closed: ${quote} is missing`, `a ${quote} inside is written twice`);
    text += filter.slice(from, close);
    if (filter[close + 1] !== quote) return { kind: 'quoted', text, quote, at, end: close + 1 };
    text += quote;
    from = close + 2;
  }
}

function match(pattern: RegExp, text: string, at: number): { text: string; end: number } {
  pattern.lastIndex = at;
  const found = pattern.exec(text)?.[0] ?? '';
  return { text: found, end: at + found.length };
}

/** Postgres stores neither U+0000 nor half a surrogate pair: no value can be equal to it, and the driver's error would name no column. */
function refuseUnstorable(filter: string): void {
  const at = filter.search(/\0|\p{Surrogate}/u);
  if (at >= 0) throw wrong(at, 'a character that no text can hold (U+0000 or half a surrogate pair)', 'remove it');
}
