/**
 * The grammar, by recursive descent. A word or a quoted text that no operator follows is a text search.
 *
 *     or    = and { OR and }            and  = not { AND not }           not = NOT not | "(" or ")" | term
 *     term  = field operator value      | field [NOT] (LIKE | ILIKE) text | field [NOT] IN "(" value { "," value } ")"
 *           | field IS [NOT] NULL       | field [NOT] EXISTS              | (field | TEXT) ("~" | "!~") words
 *           | PARAMS (DIFFER | DIFFERS) FROM run [ [ONLY] IN "(" key { "," key } ")" ]
 *           | params.key (DIFFER | DIFFERS) FROM run                      | text
 *     field = [prefix "."] key          key  = word | "quoted" | `back-ticked`
 *
 * A run is its id or its name. `x ~ 'a b'` asks for each of the words, in any order and any case; TEXT is the name and the notes.
 */
import { limits } from '@cellkeep/schema/wire';
import { attributeField, fieldOf, groupNamed, type NotAField } from './fields.ts';
import { type Operator, type Sign, type Token, tokenize } from './tokens.ts';
import { type Field, leavesOf, type Tree, type Value } from './tree.ts';
import { checkComparison, shown, valueFor } from './values.ts';
import { wrong } from './wrong.ts';

/** Brackets and NOTs inside each other. Each takes a frame of the stack, here and in Postgres, and nobody can read so many. */
const DEEPEST = 100;
const KEYWORDS = ['AND', 'OR', 'NOT', 'IN', 'LIKE', 'ILIKE', 'IS', 'NULL', 'EXISTS', 'DIFFER', 'DIFFERS', 'FROM', 'ONLY'] as const;
/** Those that mean something only behind a field: alone they are words like any other. */
const LATER: ReadonlySet<Keyword> = new Set<Keyword>(['EXISTS', 'DIFFER', 'DIFFERS', 'FROM', 'ONLY']);
const MOST_VALUES = 1_000;
type Keyword = (typeof KEYWORDS)[number];

/** Throws BAD_REQUEST with the column. `now` is what relative times count from; null: the filter is empty, all runs match. */
export function parseFilter(filter: string, now: number): Tree | null {
  const reader = readerOf(tokenize(filter));
  if (reader.peek().kind === 'end') return null;
  const tree = parseOr(reader, now, 0);
  const rest = reader.peek();
  const conditions = leavesOf(tree).length;
  if (conditions > limits.conditions)
    throw wrong(
      0,
      `${conditions} conditions are more than the ${limits.conditions} that a search may have`,
      'write alternatives as a list: params.seed IN (1, 2)',
    );
  if (rest.kind === 'end') return tree;
  if (rest.text === ')') throw wrong(rest.at, 'this ) closes nothing', 'remove it, or open a ( before');
  throw wrong(
    rest.at,
    `expected AND or OR, found ${shown(rest)}`,
    'text of several words stands in quotes; conditions are joined by AND or OR',
  );
}

function readerOf(tokens: Token[]) {
  const end = tokens[tokens.length - 1] as Token; // tokenize always ends with one
  let next = 0;
  const peek = (ahead = 0): Token => tokens[next + ahead] ?? end;
  const isMark = (text: string, ahead = 0) => peek(ahead).kind === 'mark' && peek(ahead).text === text;
  return {
    peek,
    isMark,
    take(): Token {
      const token = peek();
      next += 1;
      return token;
    },
    takeKeyword(word: Keyword): boolean {
      const found = keywordOf(peek()) === word;
      if (found) next += 1;
      return found;
    },
    takeMark(text: string): boolean {
      const found = isMark(text);
      if (found) next += 1;
      return found;
    },
  };
}
type Reader = ReturnType<typeof readerOf>;

function keywordOf({ kind, text }: Token): Keyword | undefined {
  const word = text.toUpperCase();
  return kind === 'word' ? KEYWORDS.find((one) => one === word) : undefined;
}

function parseOr(reader: Reader, now: number, depth: number): Tree {
  return joined('or', reader, () => joined('and', reader, () => parseNot(reader, now, depth)));
}

function joined(is: 'and' | 'or', reader: Reader, parsePart: () => Tree): Tree {
  const first = parsePart();
  const parts = [first];
  while (reader.takeKeyword(is === 'and' ? 'AND' : 'OR')) parts.push(parsePart());
  return parts.length === 1 ? first : { is, parts };
}

function parseNot(reader: Reader, now: number, depth: number): Tree {
  const { at } = reader.peek();
  const negated = reader.takeKeyword('NOT');
  if (!negated && !reader.takeMark('(')) return parseTerm(reader, now);
  if (depth >= DEEPEST) throw wrong(at, `more than ${DEEPEST} brackets and NOTs inside each other`, 'write it flatter');
  if (negated) return { is: 'not', part: parseNot(reader, now, depth + 1) };
  const inner = parseOr(reader, now, depth + 1);
  if (reader.takeMark(')')) return inner;
  throw wrong(reader.peek().at, `expected AND, OR or ), found ${shown(reader.peek())}`, `the ( of column ${at + 1} is still open`);
}

function parseTerm(reader: Reader, now: number): Tree {
  const token = reader.take();
  const keyword = keywordOf(token);
  if ((keyword && !LATER.has(keyword)) || token.kind === 'operator' || token.kind === 'mark' || token.kind === 'end')
    throw wrong(token.at, `expected a condition, found ${shown(token)}`, `write one like metrics.auc > 0.8, or text to look for in quotes`);
  const special = parseDifference(reader, token) ?? parseText(reader, token);
  if (special) return special;
  const field = fieldAt(reader, token);
  if (field) return parseComparison(reader, now, field);
  if (token.text === '') throw wrong(token.at, 'the text to look for is empty');
  return { is: 'text', text: token.text };
}

const isWord = ({ kind, text }: Token, word: string) => kind === 'word' && text.toLowerCase() === word;

/** `text ~ 'late storm'` */
function parseText(reader: Reader, token: Token): Tree | null {
  const sign = reader.peek();
  if (!isWord(token, 'text') || sign.kind !== 'operator') return null;
  if (sign.text !== '~' && sign.text !== '!~')
    throw wrong(sign.at, 'text is the name and the notes, in which words are looked for', "write text ~ 'words'");
  reader.take();
  return wordsOf(reader, null, sign.text);
}

function wordsOf(reader: Reader, field: Field | null, sign: '~' | '!~'): Tree {
  const token = reader.take();
  const words = token.text.trim().split(/\s+/);
  if (!['quoted', 'word', 'number'].includes(token.kind) || token.quote === '`' || words[0] === '')
    throw wrong(token.at, `expected words to look for, found ${shown(token)}`, "write them in quotes: notes ~ 'late storm'");
  const found: Tree = { is: 'words', field, words };
  return sign === '~' ? found : { is: 'not', part: found };
}

/** `params differ from calm-otter-12 only in (lr, depth)` */
function parseDifference(reader: Reader, token: Token): Tree | null {
  if (!isWord(token, 'params') || !takeDiffer(reader)) return null;
  const from = otherRun(reader);
  const only = reader.takeKeyword('ONLY');
  if (!reader.takeKeyword('IN')) {
    if (only) throw wrong(reader.peek().at, `expected IN, found ${shown(reader.peek())}`, 'write only in (lr, depth)');
    return { is: 'differ', from, keys: null, only: false };
  }
  return { is: 'differ', from, keys: parseKeys(reader), only };
}

const takeDiffer = (reader: Reader) => reader.takeKeyword('DIFFER') || reader.takeKeyword('DIFFERS');

function otherRun(reader: Reader): { written: string; at: number } {
  if (!reader.takeKeyword('FROM'))
    throw wrong(reader.peek().at, `expected FROM, found ${shown(reader.peek())}`, "write differ from 'name of a run'");
  const token = reader.take();
  if (!['quoted', 'word', 'number'].includes(token.kind) || token.text === '')
    throw wrong(token.at, `expected a run, found ${shown(token)}`, "write its name in quotes, or its id: differ from 'calm-otter-12'");
  return { written: token.text, at: token.at };
}

function parseKeys(reader: Reader): string[] {
  const keys: string[] = [];
  if (!reader.takeMark('('))
    throw wrong(reader.peek().at, `expected (, found ${shown(reader.peek())}`, 'keys stand in brackets: in (lr, depth)');
  do {
    const token = reader.take();
    if (!['quoted', 'word', 'number'].includes(token.kind) || token.text === '')
      throw wrong(token.at, `expected the key of a param, found ${shown(token)}`, 'write in (lr, depth)');
    keys.push(token.text);
  } while (reader.takeMark(','));
  if (reader.takeMark(')')) return keys;
  throw wrong(reader.peek().at, `expected , or ), found ${shown(reader.peek())}`);
}

/** Does a comparison follow? Then, or after a prefix, the token is a field. */
function fieldAt(reader: Reader, token: Token): Field | null {
  const dot = token.kind === 'word' ? token.text.indexOf('.') : -1;
  const prefix = dot < 0 ? '' : token.text.slice(0, dot);
  const quoted = reader.peek();
  const isQuotedKey = dot >= 0 && dot === token.text.length - 1 && quoted.kind === 'quoted' && quoted.at === token.end;
  if (isQuotedKey) {
    if (quoted.quote === "'") throw wrong(quoted.at, 'a key stands in " or `, a text in \'', `write ${token.text}\`${quoted.text}\``);
    reader.take();
    return found(fieldOf(prefix, quoted.text, true), token.at);
  }
  if (groupNamed(prefix)) return found(fieldOf(prefix, token.text.slice(dot + 1)), token.at);
  if (!beginsComparison(reader.peek())) return null;
  if (token.kind === 'number' || token.quote === "'")
    throw wrong(
      token.at,
      `expected a field before ${shown(reader.peek())}, found ${shown(token)}`,
      'the field stands on the left: metrics.auc > 0.8',
    );
  return found(dot < 0 ? attributeField(token.text) : fieldOf(prefix, token.text.slice(dot + 1)), token.at);
}

const NOT_COMPARING: ReadonlySet<Keyword> = new Set<Keyword>(['AND', 'OR', 'NULL', 'FROM', 'ONLY']);

function beginsComparison(token: Token): boolean {
  const keyword = keywordOf(token);
  return token.kind === 'operator' || (keyword !== undefined && !NOT_COMPARING.has(keyword));
}

function found(field: Field | NotAField, at: number): Field {
  if ('of' in field) return field;
  throw wrong(at, field.reason, field.remedy);
}

function parseComparison(reader: Reader, now: number, field: Field): Tree {
  const first = reader.peek();
  if (first.kind === 'operator') {
    const sign = reader.take().text as Sign; // tokenize gives no other
    if (sign === '~' || sign === '!~') {
      checkComparison(field, 'WORDS', first.at);
      return wordsOf(reader, field, sign);
    }
    const operator: Operator = sign;
    checkComparison(field, operator, first.at);
    return { is: 'compare', field, operator, value: valueFor(field, operator, reader.take(), now) };
  }
  if (field.of === 'param' && takeDiffer(reader)) return { is: 'differ', from: otherRun(reader), keys: [field.key], only: false };
  if (reader.takeKeyword('EXISTS')) return { is: 'null', field, negated: true };
  if (reader.takeKeyword('IS')) {
    const negated = reader.takeKeyword('NOT');
    if (reader.takeKeyword('NULL')) return { is: 'null', field, negated };
    throw wrong(reader.peek().at, `expected NULL${negated ? '' : ' or NOT NULL'}, found ${shown(reader.peek())}`);
  }
  const negated = reader.takeKeyword('NOT');
  const { at } = reader.peek();
  if (negated && reader.takeKeyword('EXISTS')) return { is: 'null', field, negated: false };
  if (reader.takeKeyword('IN')) return { is: 'in', field, values: parseList(reader, now, field), negated };
  const anyCase = reader.takeKeyword('ILIKE');
  if (!anyCase && !reader.takeKeyword('LIKE'))
    throw wrong(
      at,
      `expected ${negated ? '' : 'an operator, '}IN, LIKE or ILIKE, found ${shown(first)}`,
      'operators are =, !=, <, <=, >, >=',
    );
  checkComparison(field, 'LIKE', at);
  const pattern = reader.take();
  if (pattern.kind !== 'quoted' || pattern.quote === '`')
    throw wrong(
      pattern.at,
      `expected a pattern in quotes, found ${shown(pattern)}`,
      `like 'a%': % is any text, _ any character, \\% a % itself`,
    );
  return { is: 'like', field, pattern: pattern.text, anyCase, negated };
}

function parseList(reader: Reader, now: number, field: Field): Value[] {
  if (!reader.takeMark('('))
    throw wrong(reader.peek().at, `expected (, found ${shown(reader.peek())}`, `a list stands in brackets: IN ('a', 'b')`);
  const values: Value[] = [];
  do {
    const { at } = reader.peek();
    values.push(valueFor(field, 'IN', reader.take(), now));
    if (values.length > MOST_VALUES)
      throw wrong(at, `a list has room for ${MOST_VALUES} values`, 'compare with < and >, or tag the runs and look for the tag');
  } while (reader.takeMark(','));
  if (reader.takeMark(')')) return values;
  throw wrong(reader.peek().at, `expected , or ), found ${shown(reader.peek())}`);
}
