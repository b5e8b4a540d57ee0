/**
 * A server process of its own for a test file, with its embedded Postgres: killed, started again on the same home and port, asked over
 * HTTP as any client would, and looked at behind its back (row counts, memory). Its end proves that no process of its home is left.
 */
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, expect } from 'vitest';
import { newHome, type ServerProcess, startServer } from '../e2e/processes.ts';

export interface Issue {
  field: string;
  reason: string;
  remedy?: string;
}

export interface Answer<T = unknown> {
  /** 0 where the connection broke before an answer came */
  status: number;
  body: T;
  text: string;
  headers: Headers;
}

export interface Failed {
  code: string;
  status: number;
  message: string;
  data: { issues: Issue[] };
}

export interface Sending {
  token?: string | null;
  headers?: Record<string, string>;
}

export interface Series {
  key: string;
  steps: unknown[];
  times: unknown[];
  values: unknown[];
}

export interface History {
  steps: number[];
  times: number[];
  values: (number | string)[];
  total: number;
}

export class RealServer {
  process!: ServerProcess;
  readonly home: string;
  private readonly env: Record<string, string>;

  constructor(home: string, env: Record<string, string> = {}) {
    this.home = home;
    this.env = { CELLKEEP_LOG_LEVEL: 'info', ...env };
  }

  /** Again on the same home, and on the port that it had. @returns ms until it was ready */
  async start(): Promise<number> {
    const before = performance.now();
    const port = this.process?.port;
    this.process = await startServer({ home: this.home, port, env: this.env });
    return performance.now() - before;
  }

  async stop(): Promise<void> {
    await this.process.stop();
    expect(processesOf(this.home), 'processes that a stopped server has left').toEqual([]);
  }

  /** One request below /api/v1. A string or bytes go as they are, anything else as JSON. */
  async send<T = unknown>(method: string, path: string, body?: unknown, { token, headers }: Sending = {}): Promise<Answer<T>> {
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    const secret = token === undefined ? this.process.token : token;
    try {
      const response = await fetch(`${this.process.url}/api/v1${path}`, {
        method,
        body: body === undefined ? undefined : raw ? (body as string) : JSON.stringify(body),
        headers: {
          ...(secret === null ? {} : { authorization: `Bearer ${secret}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
      });
      const text = await response.text();
      return { status: response.status, body: parsed(text) as T, text, headers: response.headers };
    } catch (error) {
      const cause = error instanceof Error ? String(error.cause ?? error) : String(error);
      return { status: 0, body: undefined as T, text: cause, headers: new Headers() };
    }
  }

  /** As `send`, for what must succeed. */
  async ask<T = unknown>(method: string, path: string, body?: unknown, sending?: Sending): Promise<T> {
    const { status, text, body: answer } = await this.send<T>(method, path, body, sending);
    expect(status, `${method} ${path}: ${text.slice(0, 500)}`).toBeGreaterThanOrEqual(200);
    expect(status, `${method} ${path}: ${text.slice(0, 500)}`).toBeLessThan(300);
    return answer;
  }

  async newRun(create: object = {}): Promise<string> {
    return (await this.ask<{ id: string }>('POST', '/runs', create)).id;
  }

  log(run: string, ...series: Series[]): Promise<Answer<{ points: number }>> {
    return this.send('POST', `/runs/${run}/log`, { series });
  }

  /** Every point of a series, in step order. */
  async history(run: string, key: string): Promise<History> {
    const { series } = await this.ask<{ series: History[] }>('POST', '/metrics/history', {
      runIds: [run],
      keys: [key],
      maxPoints: 1_000_000,
    });
    return series[0] ?? { steps: [], times: [], values: [], total: 0 };
  }

  tokenOf = async (role: string): Promise<string> => {
    const { user } = await this.ask<{ user: { id: string } }>('POST', '/users', { name: `${role} ${randomUUID()}`, role });
    return (await this.ask<{ secret: string }>('POST', '/tokens', { label: 'test', userId: user.id })).secret;
  };

  async isAlive(): Promise<boolean> {
    return (await fetch(`${this.process.url}/health`)).ok;
  }

  postgresPid(): number {
    return Number(readFileSync(join(this.home, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]);
  }

  /** Rows of each table but the audit log's seals, counted behind the server's back. */
  async rowCounts(): Promise<Record<string, number>> {
    return this.database(async (sql) => {
      const tables = await sql<{ name: string }[]>`
        select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`;
      const counts: Record<string, number> = {};
      for (const { name } of tables.filter(({ name }) => name !== 'event_chains')) {
        const [row] = await sql<{ n: number }[]>`select count(*)::int as n from ${sql(name)}`;
        counts[name] = row?.n ?? 0;
      }
      return counts;
    });
  }

  async database<T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
    const lines = readFileSync(join(this.home, 'postgres/postmaster.pid'), 'utf8').split('\n');
    const sql = postgres({
      host: lines[4],
      port: Number(lines[3]),
      database: 'cellkeep',
      username: 'cellkeep',
      max: 1,
      onnotice: () => {},
    });
    try {
      return await work(sql);
    } finally {
      await sql.end({ timeout: 5 });
    }
  }

  /** Resident memory of the server process now, and at most since it started, in MiB. */
  memory(): { now: number; peak: number } {
    const status = readFileSync(`/proc/${this.process.pid}/status`, 'utf8');
    const mib = (name: string) => Math.round(Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024);
    return { now: mib('VmRSS'), peak: mib('VmHWM') };
  }
}

/** A server for a whole test file. */
export function realServer(env: Record<string, string> = {}): RealServer {
  const server = new RealServer(newHome('faults'), env);
  beforeAll(() => server.start());
  afterAll(() => server.stop());
  return server;
}

/** `n` points from step `first` on, whose values tell their steps. */
export function points(key: string, first: number, n: number): Series {
  const steps = Array.from({ length: n }, (_, i) => first + i);
  return { key, steps, times: steps.map((step) => 1_700_000_000_000 + step), values: steps.map(valueAt) };
}

/** A wrong row is seen: no two steps have the same value, and none has its step. */
export const valueAt = (step: number): number => step / 2 + 0.125;

/** Waits for a condition, looking every 20 ms. */
export async function until<T>(
  what: string,
  look: () => Promise<T | false | null | undefined> | T | false | null | undefined,
  ms = 30_000,
) {
  const end = performance.now() + ms;
  for (;;) {
    const found = await look();
    if (found) return found as T;
    if (performance.now() > end) throw new Error(`after ${ms} ms still waiting until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export function processIsAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Whether anybody listens; a closed port refuses at once. */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** Processes that live in this folder or were told of it. */
export function processesOf(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid && processIsAlive(Number(name)))
    .flatMap((pid) => {
      try {
        const said = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        const there = readlinkSync(`/proc/${pid}/cwd`).startsWith(folder) || said.includes(folder);
        return there ? [`${pid} ${said.slice(0, 120)}`] : [];
      } catch {
        return []; // it has just ended
      }
    });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
