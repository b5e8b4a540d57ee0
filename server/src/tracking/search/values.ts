/** Which operators and values suit a field, and what the value is. */
import { runStatus } from '@cellkeep/schema/tracking';
import { kindOf } from './attributes.ts';
import { instantOf, spanOf, storable } from './instants.ts';
import type { Operator, Token } from './tokens.ts';
import type { Field, Value } from './tree.ts';
import { nearest, wrong } from './wrong.ts';

export type Comparison = Operator | 'LIKE' | 'IN' | 'NULL' | 'WORDS';

const TEXT_OPERATORS = 'compare it with =, !=, LIKE, ILIKE, IN or IS NULL';
const isOrder = (comparison: Comparison) => ['<', '<=', '>', '>='].includes(comparison);
function kindOfField(field: Field) {
  if (field.of === 'attribute') return kindOf(field.name);
  return field.of === 'dataset' ? 'text' : field.of;
}
export function nameOf(field: Field): string {
  if (field.of === 'attribute') return field.name;
  return field.of === 'dataset' ? `datasets.${field.name}` : `${field.of}s.${field.key}`;
}

/** A LIKE on a number would compare how it happens to be written, a < on a name the order of an alphabet: both are more often slips. */
export function checkComparison(field: Field, comparison: Comparison, at: number): void {
  const kind = kindOfField(field);
  if (comparison === 'WORDS' && !['text', 'param', 'tag'].includes(kind))
    throw wrong(
      at,
      `${nameOf(field)} is no text that words stand in`,
      kind === 'metric' ? 'compare it with =, !=, <, <=, >, >= or IN' : TEXT_OPERATORS,
    );
  if (comparison === 'LIKE' && (kind === 'metric' || kind === 'time' || kind === 'duration'))
    throw wrong(at, `${nameOf(field)} is a number and has no pattern`, 'compare it with =, !=, <, <=, >, >= or IN');
  if (isOrder(comparison) && (kind === 'text' || kind === 'id' || kind === 'status'))
    throw wrong(at, `${nameOf(field)} is text`, TEXT_OPERATORS);
}

const INFINITE = /^([+-]?)(nan|inf|infinity)$/i;

/** A number as it is written, or NaN and infinity; undefined where the token is none. */
function numberOf({ kind, text }: Token): number | undefined {
  if (kind === 'number') return Number(text);
  const [, sign, word] = (kind === 'word' && INFINITE.exec(text)) || [];
  if (!word) return undefined;
  if (word.toLowerCase() === 'nan') return Number.NaN;
  return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

export function valueFor(field: Field, comparison: Comparison, token: Token, now: number): Value {
  const number = numberOf(token);
  // A time or a duration means the same with and without quotes: -7d, 2h30m, today, 2026-11-25.
  const kind = kindOfField(field);
  const isWord = (kind === 'time' || kind === 'duration') && token.kind === 'word';
  const text = isWord || (token.kind === 'quoted' && token.quote !== '`') ? token.text : undefined;
  if (number === undefined && text === undefined) throw noValue(token);
  if (Number.isNaN(number) && isOrder(comparison)) throw wrong(token.at, 'nothing is less or greater than NaN', 'compare NaN with = or !=');
  switch (kind) {
    case 'metric':
      if (number !== undefined) return number;
      throw wrong(token.at, `${nameOf(field)} is compared with a number`, `write a number without quotes, like 0.8`);
    case 'param':
    case 'tag':
      return isOrder(comparison) && number !== undefined ? number : token.text;
    case 'text':
      return token.text;
    case 'id':
      return comparison === 'LIKE' ? token.text : token.text.toLowerCase().replaceAll('-', '');
    case 'status':
      return comparison === 'LIKE' ? token.text : statusOf(token);
    case 'time': {
      const ms = number === undefined ? instantOf(text ?? '', now) : storable(number);
      if (ms !== undefined) return ms;
      throw wrong(
        token.at,
        `${token.text} is no time`,
        `write 2026-11-25, '2026-11-25 14:30', now, today, yesterday, -7d or ms since 1970`,
      );
    }
    case 'duration': {
      const ms = number === undefined ? spanOf(text ?? '') : number * 1_000;
      if (ms !== undefined && !Number.isNaN(ms)) return ms / 1_000;
      throw wrong(token.at, `${token.text} is no duration`, `write seconds, like 90, or 5m or 1h30m (units ms, s, m, h, d, w)`);
    }
  }
}

function statusOf(token: Token): string {
  const status = token.text.toLowerCase();
  if (runStatus.options.some((one) => one === status)) return status;
  const meant = nearest(status, runStatus.options);
  throw wrong(
    token.at,
    `${JSON.stringify(token.text)} is no status`,
    meant ? `did you mean '${meant}'?` : `statuses are ${runStatus.options.join(', ')}`,
  );
}

function noValue(token: Token) {
  if (token.kind === 'word') return wrong(token.at, `expected a value, found ${token.text}`, `text stands in quotes: '${token.text}'`);
  return wrong(token.at, `expected a value, found ${shown(token)}`, `write a number or text in quotes, like 0.8 or 'forest'`);
}

export function shown(token: Token): string {
  return token.kind === 'end' ? 'the end' : token.kind === 'quoted' ? `${token.quote}${token.text}${token.quote}` : token.text;
}
