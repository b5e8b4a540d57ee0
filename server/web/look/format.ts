/** How values read: four significant digits, SI units, thin spaces between thousands; the exact value is for the tooltip and for copying. */
import { fromWire, type WireNumber } from '@cellkeep/schema/wire';

const THIN = '\u2009';
const SI = ['', 'k', 'M', 'G', 'T', 'P'];

/** A metric: `0.8123`, `1.500`, `12 346`, `1.235 M`, `1.230e-5`. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  if (size >= 1e6) return formatScaled(value);
  if (Number.isInteger(value)) return groupThousands(value);
  if (size < 1e-3) return value.toExponential(3);
  if (size >= 1e4) return groupThousands(Math.round(value));
  return value.toPrecision(4);
}

export const formatMetric = (value: WireNumber): string => formatNumber(fromWire(value));

/** Every digit that the number has. */
export const exactNumber = (value: WireNumber): string => String(fromWire(value));

function formatScaled(value: number): string {
  const power = Math.min(SI.length - 1, Math.floor(Math.log10(Math.abs(value)) / 3));
  if (power >= SI.length - 1 && Math.abs(value) >= 1e18) return value.toExponential(3);
  return `${trimZeros((value / 1000 ** power).toPrecision(4))}${THIN}${SI[power]}`;
}

/** A whole number in words of people: `1 248`. */
export function groupThousands(value: number): string {
  const [sign, digits] = value < 0 ? ['-', String(-value)] : ['', String(value)];
  return sign + (digits.length > 4 ? digits.replace(/\B(?=(\d{3})+$)/g, THIN) : digits);
}

const trimZeros = (text: string) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);

/** bytes */
export function formatBytes(bytes: number): string {
  const size = Math.abs(bytes);
  if (size < 1000) return `${Math.round(bytes)}${THIN}B`;
  const power = Math.min(SI.length - 1, Math.floor(Math.log10(size) / 3));
  return `${trimZeros((bytes / 1000 ** power).toPrecision(3))}${THIN}${SI[power]}B`;
}

/** milliseconds: `340 ms`, `12.3 s`, `4 m 05 s`, `2 h 14 m`, `3 d 4 h` */
export function formatDuration(ms: number): string {
  if (ms < 0) return `0${THIN}ms`;
  if (ms < 1000) return `${Math.round(ms)}${THIN}ms`;
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)}${THIN}s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}${THIN}m ${String(whole % 60).padStart(2, '0')}${THIN}s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)}${THIN}h ${String(minutes % 60).padStart(2, '0')}${THIN}m`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)}${THIN}d ${hours % 24}${THIN}h`;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Relative under a week (`now`, `12 s`, `3 m`, `2 h`, `3 d`), then the local date. */
export function formatAgo(at: number, now: number): string {
  const ms = now - at;
  if (!isTime(at)) return '?';
  if (ms < 5_000) return 'now';
  if (ms < MINUTE) return `${Math.floor(ms / 1000)}${THIN}s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}${THIN}m`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)}${THIN}h`;
  if (ms < 7 * DAY) return `${Math.floor(ms / DAY)}${THIN}d`;
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return new Date(at).toLocaleDateString(undefined, { day: 'numeric', month: 'short', ...(sameYear ? {} : { year: 'numeric' }) });
}

/** Whether a date can be so far: what is older than the check of it may not be. */
const isTime = (at: number) => !Number.isNaN(new Date(at).getTime());

/** For programs, in an element's `datetime`; undefined where it is no time. */
export const isoTime = (at: number): string | undefined => (isTime(at) ? new Date(at).toISOString() : undefined);

export const exactTime = (at: number): string => new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
export const clockTime = (at: number): string => new Date(at).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });

/** What a metric's name says of its unit: system metrics are bytes, percents, seconds. */
export function unitOf(key: string): (value: number) => string {
  if (/_bytes(_per_second)?$/.test(key)) return (value) => formatBytes(value) + (key.endsWith('_per_second') ? '/s' : '');
  if (/_percent$/.test(key)) return (value) => `${trimZeros(value.toPrecision(3))}${THIN}%`;
  return formatNumber;
}
