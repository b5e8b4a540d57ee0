/** The texts of a row's form, what they mean to the signature, and which field a complaint of the endpoint is about. */
import type { Column, Signature } from '@cellkeep/schema/registry';
import type { Issue } from '@cellkeep/schema/wire';
import type { Translate } from '../../host.ts';
import { formatNumber } from '../../look/format.ts';

export type RowTexts = Record<string, string>;

/** The example's row; what it lacks is the middle of what training saw. */
export function firstTexts({ inputs }: Pick<Signature, 'inputs'>, example: Record<string, unknown> | null): RowTexts {
  return Object.fromEntries(
    inputs.map((column) => [
      column.name,
      textOf(example && Object.hasOwn(example, column.name) ? example[column.name] : likelyValue(column)),
    ]),
  );
}

export function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function likelyValue({ type, categories, min, max, shape }: Column): unknown {
  if (shape) return null;
  if (categories) return categories[0];
  if (type === 'boolean') return false;
  if (min === null || max === null) return null;
  const middle = (min + max) / 2;
  return type === 'integer' ? Math.round(middle) : Number(middle.toPrecision(4));
}

export type FieldValue = { value: unknown; problem: null } | { value: null; problem: string };

export function readField(column: Column, text: string, t: Translate): FieldValue {
  const { type, required, shape } = column;
  const trimmed = text.trim();
  if (trimmed === '')
    return required && type !== 'string' ? bad(t('It needs a value.')) : good(type === 'string' && required ? text : null);
  if (shape) {
    try {
      return good(JSON.parse(trimmed));
    } catch {
      return bad(t('A list of numbers as JSON, of the shape {shape}.', { shape: shape.join(' × ') }));
    }
  }
  if (type === 'string' || type === 'datetime' || type === 'binary') return good(text);
  if (type === 'boolean') {
    return /^(true|false|1|0)$/i.test(trimmed) ? good(/^(true|1)$/i.test(trimmed)) : bad(t('true or false'));
  }
  if (/^(nan|null|none)$/i.test(trimmed)) return required ? bad(t('It needs a number.')) : good(null);
  const number = Number(trimmed);
  if (Number.isNaN(number)) return bad(t('"{text}" is no number.', { text: trimmed }));
  return type === 'integer' && !Number.isInteger(number) ? bad(t('A whole number.')) : good(number);
}

const good = (value: unknown): FieldValue => ({ value, problem: null });
const bad = (problem: string): FieldValue => ({ value: null, problem });

/** What training saw of a column, and whether this value lies outside of it: allowed, but worth knowing. */
export function seenText({ type, min, max, required }: Column, text: string, t: Translate): { text: string; isOutside: boolean } {
  const parts = [type as string];
  let isOutside = false;
  if (min !== null && max !== null) {
    parts.push(`${formatNumber(min)} … ${formatNumber(max)}`);
    const value = Number(text);
    isOutside = text.trim() !== '' && (value < min || value > max);
  }
  if (!required) parts.push(t('optional'));
  return { text: isOutside ? t('{what}: outside of what training saw', { what: parts.join(' · ') }) : parts.join(' · '), isOutside };
}

/** `rows[0].age`, `dataframe_records[0]["age"]`, `age`: the column that a complaint is about; null: the row as a whole. */
export function columnOfIssue({ field }: Pick<Issue, 'field'>, names: readonly string[]): string | null {
  const exact = names.find((name) => field === name);
  if (exact) return exact;
  // The longest first: a name may be the end of another.
  const byLength = [...names].sort((a, b) => b.length - a.length);
  return byLength.find((name) => field.endsWith(`.${name}`) || field.endsWith(`["${name}"]`) || field.endsWith(`['${name}']`)) ?? null;
}
