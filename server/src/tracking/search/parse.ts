/**
 * The grammar, by recursive descent. A word or a quoted text that no operator follows is a text search.
 *
 *     or    = and { OR and }            and  = not { AND not }           not = NOT not | "(" or ")" | term
 *     term  = field operator value      | field [NOT] (LIKE | ILIKE) text | field [NOT] IN "(" value { "," value } ")"
 *           | field IS [NOT] NULL       | text
 *     field = [prefix "."] key          key  = word | "quoted" | `back-ticked`
 */
import { attributeField, fieldOf, groupNamed, type NotAField } from './fields.ts';
import { type Operator, type Token, tokenize } from './tokens.ts';
import type { Field, Tree, Value } from './tree.ts';
import { checkComparison, shown, valueFor } from './values.ts';
import { wrong } from './wrong.ts';

/** Brackets and NOTs inside each other. Each takes a frame of the stack, here and in Postgres, and nobody can read so many. */
const DEEPEST = 100;
const KEYWORDS = ['AND', 'OR', 'NOT', 'IN', 'LIKE', 'ILIKE', 'IS', 'NULL'] as const;
type Keyword = (typeof KEYWORDS)[number];

/** Throws BAD_REQUEST with the column. `now` is what relative times count from; null: the filter is empty, all runs match. */
export function parseFilter(filter: string, now: number): Tree | null {
  const reader = readerOf(tokenize(filter));
  if (reader.peek().kind === 'end') return null;
  const tree = parseOr(reader, now, 0);
  const rest = reader.peek();
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
  if (keyword || token.kind === 'operator' || token.kind === 'mark' || token.kind === 'end')
    throw wrong(token.at, `expected a condition, found ${shown(token)}`, `write one like metrics.auc > 0.8, or text to look for in quotes`);
  const field = fieldAt(reader, token);
  if (field) return parseComparison(reader, now, field);
  if (token.text === '') throw wrong(token.at, 'the text to look for is empty');
  return { is: 'text', text: token.text };
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
    return found(fieldOf(prefix, quoted.text), token.at);
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

function beginsComparison(token: Token): boolean {
  const keyword = keywordOf(token);
  return token.kind === 'operator' || (keyword !== undefined && keyword !== 'AND' && keyword !== 'OR' && keyword !== 'NULL');
}

function found(field: Field | NotAField, at: number): Field {
  if ('of' in field) return field;
  throw wrong(at, field.reason, field.remedy);
}

function parseComparison(reader: Reader, now: number, field: Field): Tree {
  const first = reader.peek();
  if (first.kind === 'operator') {
    const operator = reader.take().text as Operator; // tokenize gives no other
    checkComparison(field, operator, first.at);
    return { is: 'compare', field, operator, value: valueFor(field, operator, reader.take(), now) };
  }
  if (reader.takeKeyword('IS')) {
    const negated = reader.takeKeyword('NOT');
    if (reader.takeKeyword('NULL')) return { is: 'null', field, negated };
    throw wrong(reader.peek().at, `expected NULL${negated ? '' : ' or NOT NULL'}, found ${shown(reader.peek())}`);
  }
  const negated = reader.takeKeyword('NOT');
  const { at } = reader.peek();
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
  do values.push(valueFor(field, 'IN', reader.take(), now));
  while (reader.takeMark(','));
  if (reader.takeMark(')')) return values;
  throw wrong(reader.peek().at, `expected , or ), found ${shown(reader.peek())}`);
}
