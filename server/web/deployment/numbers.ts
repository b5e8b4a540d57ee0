/** Sums over the points of an endpoint's traffic, and how rates, shares and latencies read. */
import { formatNumber, groupThousands } from '../look/format.ts';
import type { Slot } from './traffic/slots.ts';

const THIN = '\u2009';

export interface TrafficSum {
  requests: number;
  errors: number;
  rejected: number;
  /** Requests a second over the last half minute, or the last interval where it is longer. */
  perSecond: number;
  /** Of 5xx; null: nothing was asked. */
  errorShare: number | null;
  /** µs; the last that was measured. */
  p95Us: number | null;
}

const RECENT = 30; // seconds that "now" is made of: one interval of ten seconds alone jumps

export function sumTraffic(slots: readonly Slot[]): TrafficSum {
  let [requests, errors, rejected] = [0, 0, 0];
  for (const slot of slots) {
    requests += slot.requests;
    errors += slot.serverErrors;
    rejected += slot.rejected;
  }
  let [recent, seconds] = [0, 0];
  for (let i = slots.length - 1; i >= 0 && seconds < RECENT; i--) {
    recent += slots[i]?.requests ?? 0;
    seconds += slots[i]?.seconds ?? 0;
  }
  const p95Us = slots.findLast((slot) => slot.p95Us !== null)?.p95Us ?? null;
  return {
    requests,
    errors,
    rejected,
    perSecond: seconds > 0 ? recent / seconds : 0,
    errorShare: requests === 0 ? null : errors / requests,
    p95Us,
  };
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
