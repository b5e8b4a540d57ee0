/** Sums over the points of an endpoint's traffic, and how rates, shares and latencies read. */
import type { TrafficPoint } from '@cellkeep/schema/deployment';
import { formatNumber, groupThousands } from '../look/format.ts';

const THIN = '\u2009';

export interface TrafficSum {
  requests: number;
  errors: number;
  rejected: number;
  /** Requests a second over the last intervals that are over. */
  perSecond: number;
  /** Of 5xx; null: nothing was asked. */
  errorShare: number | null;
  /** µs; the last that was measured. */
  p95Us: number | null;
}

const RECENT = 30; // seconds that "now" is made of: one interval of ten seconds alone jumps

/** @param seconds length of an interval */
export function sumTraffic(points: readonly TrafficPoint[], seconds: number): TrafficSum {
  let [requests, errors, rejected] = [0, 0, 0];
  for (const point of points) {
    requests += point.requests;
    errors += point.serverErrors;
    rejected += point.rejected;
  }
  // The last interval is still being counted.
  const whole = points.slice(0, -1);
  const recent = whole.slice(-Math.max(1, Math.ceil(RECENT / seconds)));
  const perSecond = recent.length === 0 ? 0 : recent.reduce((sum, point) => sum + point.requests, 0) / (recent.length * seconds);
  const measured = points.findLast(({ p95Us }) => p95Us !== null);
  return { requests, errors, rejected, perSecond, errorShare: requests === 0 ? null : errors / requests, p95Us: measured?.p95Us ?? null };
}

/** `12.4/s`, `0.3/s`, `0/s` */
export function formatRate(perSecond: number): string {
  if (perSecond === 0) return '0/s';
  if (perSecond < 0.01) return '<0.01/s';
  if (perSecond >= 100) return `${groupThousands(Math.round(perSecond))}/s`;
  return `${Number(perSecond.toPrecision(2))}/s`;
}

/** microseconds: `840 µs`, `1.24 ms`, `340 ms`, `2.1 s` */
export function formatMicros(us: number): string {
  if (us < 1_000) return `${Math.round(us)}${THIN}µs`;
  if (us < 1_000_000) return `${Number((us / 1_000).toPrecision(3))}${THIN}ms`;
  return `${Number((us / 1_000_000).toPrecision(3))}${THIN}s`;
}

/** `0 %`, `0.4 %`, `12 %` */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent === 0) return `0${THIN}%`;
  if (percent < 0.01) return `<0.01${THIN}%`;
  if (percent > 99.9 && percent < 100) return `>99.9${THIN}%`;
  return `${Number(percent.toPrecision(percent < 1 ? 1 : percent < 10 ? 2 : 3))}${THIN}%`;
}

export const formatSigned = (value: number): string => (value > 0 ? `+${formatNumber(value)}` : formatNumber(value).replace(/^-/, '−'));
