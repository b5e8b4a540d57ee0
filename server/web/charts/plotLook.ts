/** How all drawings of Observable Plot look: the page's type, quiet axes. */
import type { PlotOptions } from '@observablehq/plot';
import type { Resolve } from './colours.ts';
import { type Column, fieldLabel } from './fields.ts';
import { valueText } from './valueText.ts';

export const plotStyle = (resolve: Resolve): NonNullable<PlotOptions['style']> => ({
  background: 'none',
  color: resolve('--ck-dim') || 'inherit',
  fontFamily: 'inherit',
  fontSize: '11px',
  overflow: 'visible',
});

/** The scale of a column. A log axis only where each value has a place on it. */
export function scaleOf(column: Column, log: boolean): PlotOptions['x'] {
  const label = fieldLabel(column.field);
  if (column.kind === 'category') return { type: 'point', label, grid: true, padding: 0.6, tickFormat: shortWord };
  if (column.kind === 'time') return { type: 'time', label, grid: true };
  const format = (value: number) => valueText(column, value);
  return log && column.canLog
    ? { type: 'log', label, grid: true, ticks: 6, tickFormat: logTick(format), nice: false, inset: 8 }
    : { type: 'linear', label, grid: true, ticks: 6, tickFormat: (value: number) => trimmed(format(value)), nice: true, inset: 6 };
}

const shortWord = (word: string) => (word.length > 14 ? `${word.slice(0, 13)}…` : word);
const trimmed = (text: string) => (/^-?\d+\.\d+$/.test(text) ? String(Number(text)) : text);
/** Between powers of ten only where 1, 2 and 5 are: the others would cover each other. */
const logTick = (format: (value: number) => string) => (value: number) =>
  /^[125]/.test(value.toExponential()) ? trimmed(format(value)) : '';
