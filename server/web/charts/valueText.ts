import { exactTime, formatDuration, formatNumber } from '../look/format.ts';
import type { Column } from './fields.ts';

/** A value of a column for people. */
export function valueText({ field, kind }: Pick<Column, 'field' | 'kind'>, value: number | string | null): string {
  if (value === null) return '–';
  if (typeof value === 'string') return value;
  if (kind === 'time') return exactTime(value);
  return field === 'attributes.duration' ? formatDuration(value * 1000) : formatNumber(value);
}
