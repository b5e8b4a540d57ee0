/**
 * Asks for the points of many panels in few requests: what is wanted in one turn of the event loop, of the same runs and the same part of
 * x, goes together. A request is bounded in points, so that the first panels need not wait for the last.
 */
import type { Curve, HistoryInput } from '@cellkeep/schema/tracking';

export interface HistoryWish {
  runIds: readonly string[];
  key: string;
  maxPoints: number;
  fromStep?: number;
  toStep?: number;
}

export type LoadHistory = (wish: HistoryWish) => Promise<Curve[]>;

/** Points asked for in one request: some 5 MB. */
const MOST_POINTS = 120_000;

interface Waiting {
  wish: HistoryWish;
  resolve: (curves: Curve[]) => void;
  reject: (error: unknown) => void;
}

export function createHistoryLoader(ask: (input: HistoryInput) => Promise<Curve[]>): LoadHistory {
  let waiting: Waiting[] = [];

  const askFor = async (group: readonly Waiting[]) => {
    const [first] = group;
    if (!first) return;
    const { runIds, maxPoints, fromStep, toStep } = first.wish;
    const keys = [...new Set(group.map(({ wish }) => wish.key))];
    const input: HistoryInput = { runIds: [...runIds], keys, maxPoints, fromStep, toStep };
    try {
      const curves = await ask(input);
      for (const { wish, resolve } of group) resolve(curves.filter(({ key }) => key === wish.key));
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  };

  const send = () => {
    const groups = new Map<string, Waiting[]>();
    for (const one of waiting) {
      const { runIds, maxPoints, fromStep, toStep } = one.wish;
      const same = [maxPoints, fromStep, toStep, ...runIds].join(' ');
      groups.set(same, [...(groups.get(same) ?? []), one]);
    }
    waiting = [];
    for (const group of groups.values()) {
      const { runIds, maxPoints } = (group[0] as Waiting).wish;
      const together = Math.max(1, Math.floor(MOST_POINTS / (runIds.length * maxPoints)));
      for (let at = 0; at < group.length; at += together) void askFor(group.slice(at, at + together));
    }
  };

  return (wish) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) queueMicrotask(send);
      waiting.push({ wish, resolve, reject });
    });
}
