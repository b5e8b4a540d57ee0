/**
 * The search grammar of MLflow's registry: comparisons joined by AND, each a name, an operator and a value.
 *
 *     filter     = [ comparison { AND comparison } ]
 *     comparison = name operator value | name [NOT] IN "(" text { "," text } ")"
 *     name       = part { "." part }        part = word | `back-ticked` | "quoted"
 *     value      = 'text' | "text" | number | word
 *
 * What a name may be, and which values it takes, the searches know (registeredModels.ts, modelVersions.ts, loggedModels.ts).
 */
import { invalidParameter, type MlflowError } from './errors.ts';

export interface Comparison {
  /** Before the first dot; empty where there is none. */
  prefix: string;
  key: string;
  /** In upper case. */
  operator: string;
  value: Value;
}

export type Value = { is: 'text' | 'number' | 'word'; text: string } | { is: 'list'; items: Value[]; written: string };

const WORD = /[\p{L}_$@#][\p{L}\p{N}_$@#]*/uy;
const NAME = /(?:[\p{L}_$@#][\p{L}\p{N}_$@#]*|`[^`]*`|"[^"]*")(?:\.(?:[\p{L}\p{N}_$@#]+|`[^`]*`|"[^"]*"))*/uy;
const NUMBER = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const TEXT = /'(?:[^']|'')*'|"[^"]*"/y;
const SIGN = /==|<>|!=|<=|>=|=|<|>/y;
const OPERATOR_WORD = /(?:NOT\s+)?(?:IN|LIKE|ILIKE)(?![\p{L}\p{N}_])/iuy;
const AND = /AND(?![\p{L}\p{N}_])/iuy;
const PIECE = /\([^()]*\)|'(?:[^']|'')*'|"[^"]*"|`[^`]*`|[^\s]+/y;

/** @param refuse makes the error for a piece that is no comparison */
export function parseModelFilter(filter: string, refuse: (pieces: string) => MlflowError): Comparison[] {
  const reader = readerOf(filter);
  const comparisons: Comparison[] = [];
  for (;;) {
    while (reader.take(AND) !== null);
    if (reader.isDone()) return comparisons;
    const begin = reader.at();
    const comparison = readComparison(reader);
    if (!comparison) {
      reader.goTo(begin);
      throw refuse(reader.pieces().join(', '));
    }
    comparisons.push(comparison);
    // What follows a comparison is AND or nothing.
    if (!reader.isDone() && !reader.isAhead(AND)) throw refuse(reader.take(PIECE) ?? '');
  }
}

/** As MLflow's registry says it. */
export const invalidClause = (pieces: string) => invalidParameter(`Invalid clause(s) in filter string: ${pieces}`);

export function refuseSeveral(filter: string): void {
  // Outside of quotes.
  if (
    filter
      .replace(/'(?:[^']|'')*'|"[^"]*"|`[^`]*`/g, '')
      .replace(/;\s*$/, '')
      .includes(';')
  ) {
    throw invalidParameter(`Search filter contained multiple expression ${pythonText(filter)}. Provide AND-ed expression list.`);
  }
}

function readComparison(reader: Reader): Comparison | null {
  const name = reader.take(NAME);
  if (name === null) return null;
  const operator = (reader.take(OPERATOR_WORD) ?? reader.take(SIGN))?.replace(/\s+/g, ' ').toUpperCase();
  if (operator === undefined) return null;
  const value = operator.endsWith('IN') ? readList(reader) : (readValue(reader) ?? readList(reader));
  return value && { ...partsOf(name), operator, value };
}

function readValue(reader: Reader): Exclude<Value, { is: 'list' }> | null {
  const text = reader.take(TEXT);
  if (text !== null) {
    const inside = text.slice(1, -1);
    return { is: 'text', text: text.startsWith("'") ? inside.replaceAll("''", "'") : inside };
  }
  const number = reader.take(NUMBER);
  if (number !== null) return { is: 'number', text: number };
  const word = reader.take(WORD);
  return word === null ? null : { is: 'word', text: word };
}

function readList(reader: Reader): Value | null {
  const begin = reader.at();
  if (reader.take(/\(/y) === null) return null;
  const items: Value[] = [];
  if (reader.take(/\)/y) !== null) return { is: 'list', items, written: '()' };
  do {
    const item = readValue(reader);
    if (!item) return null;
    items.push(item);
  } while (reader.take(/,/y) !== null);
  if (reader.take(/\)/y) === null) return null;
  return { is: 'list', items, written: reader.since(begin) };
}

function partsOf(name: string): { prefix: string; key: string } {
  const dot = /^[`"]/.test(name) ? -1 : name.indexOf('.');
  return { prefix: dot < 0 ? '' : name.slice(0, dot), key: unquoted(dot < 0 ? name : name.slice(dot + 1)) };
}

/** Of "a`b`" nothing: quotes count where they stand around the whole key. */
function unquoted(key: string): string {
  return /^(?:`[^`]*`|"[^"]*")$/.test(key) ? key.slice(1, -1) : key;
}

function readerOf(filter: string) {
  let next = 0;
  const skipSpace = () => {
    while (/\s/.test(filter.charAt(next))) next += 1;
  };
  const match = (pattern: RegExp): string | null => {
    skipSpace();
    pattern.lastIndex = next;
    return pattern.exec(filter)?.[0] ?? null;
  };
  const take = (pattern: RegExp): string | null => {
    const found = match(pattern);
    if (found !== null) next += found.length;
    return found;
  };
  return {
    take,
    isAhead: (pattern: RegExp) => match(pattern) !== null,
    isDone: () => {
      skipSpace();
      return next >= filter.length || /^;\s*$/.test(filter.slice(next));
    },
    at: () => next,
    goTo: (at: number) => {
      next = at;
    },
    since: (at: number) => filter.slice(at, next).trim(),
    /** What is left, up to the next AND. */
    pieces: () => {
      const pieces: string[] = [];
      while (match(AND) === null || pieces.length === 0) {
        const piece = take(PIECE);
        if (piece === null) break;
        pieces.push(piece);
      }
      return pieces;
    },
  };
}
type Reader = ReturnType<typeof readerOf>;

/** As Python shows a text. */
export function pythonText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t');
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote;
}

/** `name DESC`, back-ticks around the name or not; ascending where nothing is said. */
export function parseModelOrder(clause: string): { name: string; descending: boolean } {
  const trimmed = clause.trim();
  const [, quoted, name = quoted, direction = ''] = /^(?:`([^`]+)`|([^\s`,;]+))(?:\s+(\S+))?$/.exec(trimmed) ?? [];
  if (name === undefined) throw invalidParameter(`Invalid order_by clause '${clause}'. Could not be parsed.`);
  if (!/^(asc|desc)?$/i.test(direction)) throw invalidParameter(`Invalid ordering key in order_by clause '${clause}'.`);
  return { name, descending: direction.toLowerCase() === 'desc' };
}

/** Refuses a field that is ordered by twice. */
export function refuseRepeated<By>(fields: readonly By[], clauses: readonly string[]): void {
  if (new Set(fields).size < fields.length)
    throw invalidParameter(`\`order_by\` contains duplicate fields: [${clauses.map(pythonText).join(', ')}]`);
}
