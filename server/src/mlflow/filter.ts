/**
 * MLflow's filters and orders, cut into their parts: `metrics.auc > 0.8 AND params."model name" LIKE 'f%'` is a list of comparisons, all of
 * them to hold. What the identifiers mean, and which comparators suit them, each search says for itself. The grammar is the one of
 * mlflow/utils/search_utils.py on top of the SQL parser that it uses, with its words for what is wrong.
 */
import { invalidParameter } from './errors.ts';

export interface Value {
  /** `word`: without quotes; `list`: in brackets. */
  is: 'number' | 'quoted' | 'word' | 'list' | 'none';
  /** As it is written, quotes included. */
  written: string;
}

export interface Comparison {
  /** As it is written: `metrics.auc`, `tags."my key"`, `` `Run name` ``. */
  identifier: string;
  /** In upper case: ">=", "LIKE", "NOT IN", "IS NULL". */
  comparator: string;
  value: Value;
}

/** characters; a list of 2,900 run ids */
const LONGEST = 100_000;
/** Of pieces that mean nothing. */
const MOST_SHOWN = 20;

const NONE: Value = { is: 'none', written: '' };

type Kind = 'space' | 'number' | 'quoted' | 'name' | 'operator' | 'group' | 'mark';

interface Token {
  kind: Kind;
  text: string;
}

const QUOTED = `'(?:''|\\\\'|[^'])*'`;
const NAME = `(?:[\\p{L}_][\\p{L}\\p{N}_$@#]*|"(?:""|\\\\"|[^"])*"|\`(?:\`\`|[^\`])*\`)`;
const TOKEN = new RegExp(
  [
    '(?<space>\\s+)',
    '(?<number>-?(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?(?![\\p{L}_]))',
    `(?<quoted>${QUOTED})`,
    `(?<name>${NAME}(?:\\.${NAME})*)`,
    '(?<operator>[<>=~!]+)',
    '(?<mark>[\\s\\S])',
  ].join('|'),
  'uy',
);

function tokenize(text: string, most = Number.POSITIVE_INFINITY): Token[] {
  const tokens: Token[] = [];
  const groups = groupsIn(text);
  for (let at = 0; at < text.length && tokens.length < most; ) {
    const end = groups.get(at);
    if (end !== undefined) {
      tokens.push({ kind: 'group', text: text.slice(at, end) });
      at = end;
      continue;
    }
    TOKEN.lastIndex = at;
    const { 0: found = '', groups: named = {} } = TOKEN.exec(text) ?? {};
    const kind = (Object.keys(named).find((name) => named[name] !== undefined) ?? 'mark') as Kind;
    tokens.push({ kind, text: found });
    at += Math.max(1, found.length);
  }
  return tokens;
}

/** Where each bracket outside of quotes is closed, by where it opens. */
function groupsIn(text: string): Map<number, number> {
  const ends = new Map<number, number>();
  const open: number[] = [];
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === "'" || char === '"' || char === '`') quote = char;
    else if (char === '(') open.push(at);
    else if (char === ')') {
      const from = open.pop();
      if (from !== undefined) ends.set(from, at + 1);
    }
  }
  return ends;
}

const isWord = (token: Token | undefined, word: string) => token?.kind === 'name' && token.text.toUpperCase() === word;
const NO_IDENTIFIERS = new Set(['AND', 'OR', 'NOT', 'IN', 'IS', 'NULL', 'LIKE', 'ILIKE', 'RLIKE', 'BETWEEN']);
const isIdentifier = (token: Token | undefined) => token?.kind === 'name' && !NO_IDENTIFIERS.has(token.text.toUpperCase());

/**
 * @param quoted how pieces that mean nothing are shown: MLflow's searches differ in it
 * @throws INVALID_PARAMETER_VALUE for what is no comparison and no AND
 */
export function parseFilter(filter: string, quoted = true): Comparison[] {
  if (filter.length > LONGEST) throw invalidParameter(`A filter has at most ${LONGEST} characters.`);
  if (filter !== '' && filter.trim() === '') throw invalidParameter(`Invalid filter '${filter}'. Could not be parsed.`);
  const tokens = tokenize(filter).filter(({ kind }) => kind !== 'space');
  const separator = tokens.findIndex(({ kind, text }) => kind === 'mark' && text === ';');
  if (separator >= 0 && tokens.slice(separator).some(({ text }) => text !== ';')) {
    throw invalidParameter(`Search filter contained multiple expression '${filter}'. Provide AND-ed expression list.`);
  }
  const comparisons: Comparison[] = [];
  const invalid: string[] = [];
  for (let at = 0; at < tokens.length; ) {
    const token = tokens[at] as Token;
    if (isWord(token, 'AND')) {
      at += 1;
      continue;
    }
    const found = isIdentifier(token) || token.kind === 'number' || token.kind === 'quoted' ? comparisonAt(tokens, at) : null;
    if (!found) {
      invalid.push(quoted ? `'${token.text}'` : token.text);
      at += 1;
      continue;
    }
    if (token.kind !== 'name') throw invalidParameter(`Invalid comparison clause. Expected 'Identifier' found '${token.text}'`);
    comparisons.push(found.comparison);
    at = found.end;
  }
  if (invalid.length > 0) throw invalidParameter(`Invalid clause(s) in filter string: ${invalid.slice(0, MOST_SHOWN).join(', ')}`);
  return comparisons;
}

function comparisonAt(tokens: readonly Token[], at: number): { comparison: Comparison; end: number } | null {
  const identifier = tokens[at]?.text ?? '';
  const made = (comparator: string, value: Value, end: number) => ({ comparison: { identifier, comparator, value }, end });
  const [next, second, third] = [tokens[at + 1], tokens[at + 2], tokens[at + 3]];
  if (isWord(next, 'IS')) {
    if (isWord(second, 'NULL')) return made('IS NULL', NONE, at + 3);
    return isWord(second, 'NOT') && isWord(third, 'NULL') ? made('IS NOT NULL', NONE, at + 4) : null;
  }
  const isNegated = isWord(next, 'NOT');
  const word = isNegated ? second : next;
  const operand = isNegated ? third : second;
  const end = isNegated ? at + 4 : at + 3;
  const not = isNegated ? 'NOT ' : '';
  if (isWord(word, 'IN')) return operand?.kind === 'group' ? made(`${not}IN`, { is: 'list', written: operand.text }, end) : null;
  const isPattern = ['LIKE', 'ILIKE', 'RLIKE'].some((pattern) => isWord(word, pattern));
  if (!isPattern && (isNegated || word?.kind !== 'operator')) return null;
  const value = operand && valueOfToken(operand);
  return value ? made(`${not}${word?.text.toUpperCase()}`, value, end) : null;
}

function valueOfToken(token: Token): Value | null {
  const { kind, text } = token;
  if (kind === 'number') return { is: 'number', written: text };
  if (kind === 'group') return { is: 'list', written: text };
  if (kind === 'quoted' || (kind === 'name' && /^".*"$/s.test(text))) return { is: 'quoted', written: text };
  return isIdentifier(token) ? { is: 'word', written: text } : null;
}

/** Without the quotes that it must have. */
export function textOf({ is, written }: Value): string {
  if (is === 'quoted') return written.slice(1, -1);
  const why = 'Parameter value is either not quoted or unidentified quote types used for string value';
  throw invalidParameter(`${why} ${written}. Use either single or double quotes.`);
}

const SPACE = /\s*/y;
const TEXT = new RegExp(`${QUOTED}|"[^"]*"`, 'sy');
const NUMBERS = /[\d.-]+/y;

/** `('a', 'b')` */
export function listOf({ written }: Value): string[] {
  const texts: string[] = [];
  // Piece by piece, never back: a pattern for the whole list tries every way to split what is none.
  let [isList, hasOthers, hasComma, at] = [true, false, true, 1];
  const end = written.length - 1;
  const eat = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const found = pattern.exec(written)?.[0] ?? '';
    at += found.length;
    return found;
  };
  for (eat(SPACE); at < end && isList; eat(SPACE)) {
    const text = eat(TEXT);
    if (text !== '') {
      hasOthers ||= !hasComma;
      hasComma = false;
      texts.push(text);
    } else if (written[at] === ',') {
      hasOthers ||= hasComma;
      hasComma = true;
      at += 1;
    } else if (eat(NUMBERS) !== '') hasOthers = true;
    else isList = false;
  }
  if (isList && at === end && !hasOthers) {
    if (texts.length > 0) return texts.map((one) => one.slice(1, -1));
    throw invalidParameter('While parsing a list in the query, expected a non-empty list of string values, but got empty list');
  }
  if (isList && at === end && !texts.some((one) => one.startsWith('"'))) {
    const why = 'While parsing a list in the query, expected string value, punctuation, or whitespace';
    throw invalidParameter(`${why}, but got different type in list: ${written}`);
  }
  throw invalidParameter('While parsing a list in the query, expected a non-empty list of string values, but got ill-formed list.');
}

/** `metrics.auc` in two, the key without its quotes; a name alone has no group. */
export function splitIdentifier(identifier: string): { group: string | null; key: string } {
  const dot = identifier.indexOf('.');
  const group = dot < 0 ? null : identifier.slice(0, dot).replace(/^`(.*)`$/s, '$1');
  const key = dot < 0 ? identifier : identifier.slice(dot + 1);
  return { group, key: key.replace(/^(["'`])(.*)\1$/s, '$2') };
}

export interface OrderPart {
  identifier: string;
  desc: boolean;
}

/** Of an order, spaces among them: one more than it may have. */
const MOST_TOKENS = 6;

/** `metrics.auc DESC`; ascending where nothing is said. */
export function parseOrder(clause: string): OrderPart {
  const tokens = tokenize(clause, MOST_TOKENS).filter(({ kind }) => kind !== 'space');
  const [name, direction, ...more] = tokens;
  if (name?.kind !== 'name' || more.length > 0) throw invalidParameter(`Invalid order_by clause '${clause}'. Could not be parsed.`);
  if (direction === undefined) return { identifier: name.text, desc: false };
  const word = direction.text.toLowerCase();
  if (direction.kind !== 'name') throw invalidParameter(`Invalid order_by clause '${clause}'. Could not be parsed.`);
  if (word !== 'asc' && word !== 'desc') throw invalidParameter(`Invalid ordering key in order_by clause '${clause}'.`);
  return { identifier: name.text, desc: word === 'desc' };
}
