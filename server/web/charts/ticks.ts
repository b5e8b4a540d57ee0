/** What stands beside the axes of curves. */
import { formatNumber } from '../look/format.ts';
import type { XAxis } from './shape.ts';

export interface AxisTick {
  value: number;
  text: string;
}

export function tickText(value: number, format: (value: number) => string): string {
  if (format !== formatNumber) return format(value);
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return formatNumber(value).replace(/\.?0+(e|$)/, '$1');
  return String(Number(value.toPrecision(4)));
}

export const xTickText = (value: number, xAxis: XAxis): string => (xAxis === 'step' ? shortStep(value) : seconds(value));

function shortStep(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9) return `${Number((value / 1e9).toPrecision(3))} G`;
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))} M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))} k`;
  return String(Number(value.toPrecision(6)));
}

function seconds(value: number): string {
  if (Math.abs(value) < 120) return `${Number(value.toPrecision(3))} s`;
  if (Math.abs(value) < 7200) return `${Number((value / 60).toPrecision(3))} m`;
  return `${Number((value / 3600).toPrecision(3))} h`;
}

/** Of a time axis: one line, as fine as the part that is shown needs. @param span seconds that are shown */
export function timeTickText(seconds: number, span: number): string {
  const date = new Date(seconds * 1_000);
  if (span > 3 * 86_400) return date.toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
  const isMidnight = date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0;
  if (isMidnight && span > 3_600) return date.toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
  return date.toLocaleTimeString(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    ...(date.getSeconds() === 0 ? {} : { second: '2-digit' }),
    hour12: false,
  });
}
