/** The server leaves out what nobody asked in; a curve needs those intervals too. */
import type { TrafficPoint } from '@cellkeep/schema/deployment';

export interface Slot extends TrafficPoint {
  /** seconds that it covers: the last one is not over yet */
  seconds: number;
}

/** A last interval that has hardly begun says nothing yet, as a part of its length. */
const LEAST = 0.25;

/** Every interval from `from` to `to`, those without a request with zeros and without latencies. @param seconds length of an interval */
export function fillSlots({ seconds, points }: { seconds: number; points: readonly TrafficPoint[] }, from: number, to: number): Slot[] {
  const step = seconds * 1_000;
  const known = new Map(points.map((point) => [point.at, point]));
  const slots: Slot[] = [];
  for (let at = Math.ceil(from / step) * step; at < to; at += step) {
    const covered = Math.min(step, to - at);
    const point = known.get(at);
    if (covered < step * LEAST && !point) break;
    slots.push({ ...(point ?? nothing(at)), seconds: Math.max(covered, step * LEAST) / 1_000 });
  }
  return slots;
}

const nothing = (at: number): TrafficPoint => ({
  ...{ at, requests: 0, rows: 0, clientErrors: 0, serverErrors: 0, rejected: 0 },
  ...{ p50Us: null, p95Us: null, p99Us: null },
});
