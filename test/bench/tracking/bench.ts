/** What every measurement of tracking is given: servers that run, bare limits to compare with, and how much to send. */
import type { Sql } from 'postgres';
import type { HttpRequest } from '../load.ts';
import type { BareHttp } from '../subjects/bareHttp.ts';
import type { Cellkeep } from '../subjects/cellkeep.ts';
import type { PeerName } from '../subjects/peers.ts';
import type { BenchPostgres } from '../subjects/postgres.ts';
import type { Subject } from '../subjects/subject.ts';

export interface Bench {
  cellkeep: Cellkeep;
  peers: Subject[];
  bareHttp: BareHttp;
  /** Nothing but our driver and Postgres, with our settings: one connection for each client of a load. */
  bareSql: Sql;
  postgres: BenchPostgres;
  /** A new, empty folder. */
  folder: (name: string) => string;
  size: Size;
}

export interface Size {
  rounds: number;
  /** Requests of a round: batches for Cellkeep (others get the share that takes them about as long), single points, reads. */
  batches: number;
  points: number;
  reads: number;
  /** Points of the series that is read whole, and of the one that is read zoomed. */
  history: number;
  zoomed: number;
  /** Runs that are searched. */
  runs: number;
  /** Calls of log() in a cell, and cells that are recorded. */
  logCalls: number;
  cells: number;
}

export const SIZES: Record<'full' | 'quick', Size> = {
  full: {
    rounds: 3,
    batches: 240,
    points: 1_600,
    reads: 20,
    history: 100_000,
    zoomed: 1_000_000,
    runs: 5_000,
    logCalls: 20_000,
    cells: 200,
  },
  quick: { rounds: 1, batches: 24, points: 96, reads: 3, history: 10_000, zoomed: 50_000, runs: 200, logCalls: 2_000, cells: 20 },
};

/** What share of our requests keeps a slower contestant busy for about as long. */
const SHARE: Record<PeerName | 'cellkeep', number> = { cellkeep: 1, mlflow: 1 / 12, fasttrackml: 1 / 5 };
export const shareOf = (name: string, requests: number) => Math.max(4, Math.round(requests * (SHARE[name as keyof typeof SHARE] ?? 1)));

/** `requests` dealt to the clients; `make` is told the client and the number of its request. */
export function deal(clients: number, requests: number, make: (client: number, n: number) => HttpRequest): HttpRequest[][] {
  const each = Math.max(1, Math.round(requests / clients));
  return Array.from({ length: clients }, (_, client) => Array.from({ length: each }, (_, n) => make(client, n)));
}
