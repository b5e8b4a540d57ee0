/**
 * Times and durations as people write them.
 *
 *     time      1764028800000 · 2026-11-25 · '2026-11-25 14:30' · 2026-11-25T14:30:00.5+02:00 · now · today · yesterday · -7d · -1h30m
 *     duration  90 (seconds) · 5m · 1h30m · 250ms · 1.5d
 *
 * What has no space in it needs no quotes. A day begins at midnight, UTC.
 *
 * Without a zone a time is UTC: a filter that is shared in a link must mean the same to all who open it.
 */
const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const DAY = 86_400_000;
const SPAN = /^(\d+(\.\d+)?(ms|[smhdw]))+$/i;
const ISO = /^(\d{4}-\d\d-(\d\d))(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?) ?(Z|[+-]\d\d:?\d\d)?)?$/i;

/** Milliseconds of '1h30m'; undefined where it is none. */
export function spanOf(text: string): number | undefined {
  if (text.length > 100 || !SPAN.test(text)) return undefined;
  const parts = text.toLowerCase().matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g);
  return [...parts].reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0), 0);
}

/** Milliseconds since the epoch; undefined where it is no time. */
export function instantOf(text: string, now: number): number | undefined {
  const written = text.trim();
  const word = written.toLowerCase();
  if (word === 'now') return now;
  const today = Math.floor(now / DAY) * DAY;
  if (word === 'today') return storable(today);
  if (word === 'yesterday') return storable(today - DAY);
  const back = written.startsWith('-') ? spanOf(written.slice(1)) : undefined;
  if (back !== undefined) return storable(Math.round(now - back));
  const [, date, day, time = '00:00', zone = 'Z'] = ISO.exec(written) ?? [];
  if (!date) return undefined;
  const midnight = new Date(`${date}T00:00Z`);
  // Date takes the 30th of February for the 2nd of March.
  if (Number.isNaN(midnight.getTime()) || midnight.getUTCDate() !== Number(day)) return undefined;
  return storable(Date.parse(`${date}T${time}${zone.toUpperCase().replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')}`));
}

/** Within what a Date, and so a run's time, can be. */
export function storable(ms: number): number | undefined {
  return Number.isInteger(ms) && Math.abs(ms) <= 8.64e15 ? ms : undefined;
}
