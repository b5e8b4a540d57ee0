/** What is measured: a tracking server, and the same work in the words of its API. */
import type { HttpRequest } from '../load.ts';
import type { Memory } from '../processes.ts';

export interface Subject {
  name: string;
  port: number;
  /** Runs to log to, in the experiment of the loads. */
  createRuns: (count: number) => Promise<string[]>;
  /** One request with POINTS_PER_BATCH points of KEYS series; `first` is its first step. */
  batch: (runId: string, first: number) => HttpRequest;
  /** One request with one point. */
  point: (runId: string, step: number) => HttpRequest;
  /** How many points these runs have, as stored. */
  countPoints: (runIds: readonly string[]) => Promise<number>;
  /** Logs a series `loss` of so many points; they are there when it is done. */
  seedSeries: (runId: string, points: number) => Promise<void>;
  /** Every point of the series `loss`. */
  history: (runId: string) => HttpRequest;
  pointsIn: (answer: unknown) => number;
  /** Makes so many runs with five metrics and three params in an experiment of their own. */
  seedRuns: (count: number) => Promise<void>;
  /** Gives Postgres statistics of what was seeded, as its autovacuum does within some minutes. */
  analyze: () => Promise<void>;
  /** The first 100 runs of that experiment by the metric m1. */
  search: () => HttpRequest;
  runsIn: (answer: unknown) => number;
  memory: () => Memory;
  stop: () => Promise<void>;
}

/** A start of a server that is then stopped again. `home` is an empty folder the first time. */
export interface Startable {
  name: string;
  /** @returns seconds until it answers */
  startOnce: (home: string) => Promise<number>;
}

export const KEYS = 10;
export const POINTS_PER_BATCH = 1_000;
/** ms since the epoch: points are a tenth of a second apart. */
export const timeOf = (step: number) => 1_780_000_000_000 + step * 100;
export const measured = (step: number, key: number) => Math.exp(-step / 5_000) + 0.01 * Math.sin(step * (key + 1));

/** Metrics and params of the n-th run that search looks at. */
export function seedRun(n: number): { metrics: Record<string, number>; params: Record<string, string> } {
  const metrics = Object.fromEntries(
    Array.from({ length: 5 }, (_, i) => [`m${i + 1}`, (((n + 1) * (2_654_435_761 + i)) % 4_294_967_296) / 4_294_967_296]),
  );
  return { metrics, params: { model: ['forest', 'linear', 'net'][n % 3] ?? '', rate: String(0.1 / ((n % 10) + 1)), seed: String(n) } };
}
