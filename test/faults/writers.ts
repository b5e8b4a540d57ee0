/**
 * Clients that write without pause, as kernels and scripts do, and remember what the server has acknowledged: each sends a thing again,
 * unchanged, until it is answered. Every writer's steps count on from 0, so that what is missing or double shows in its history.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { points, type RealServer, until, valueAt } from './realServer.ts';

const PER_BATCH = 25;
const KEY = 'loss';

export interface Writer {
  run: string;
  /** Points (or artifacts) that were acknowledged. */
  acknowledged: number;
  /** All answers by status; 0 stands for a broken connection. */
  answers: Map<number, number>;
  /** Codes of the refusals. */
  codes: Set<string>;
  /** ms of the longest wait for an answer */
  longest: number;
  /** Resolves once what it is about to send is acknowledged. */
  stop: () => Promise<void>;
  /** Sends nothing again from now on. */
  giveUp: () => Promise<void>;
  /** Compares what the server has with what it acknowledged; with `all` nothing more may be there. */
  check: (all: boolean) => Promise<void>;
}

type Attempt = (n: number) => Promise<{ status: number; body: unknown }>;

/** Numbered batches of points through /ingest, each with a numbered record. */
export async function ingestWriter(server: RealServer): Promise<Writer> {
  const writer = randomUUID();
  const run = randomUUID().replaceAll('-', '');
  return start(server, run, (n) => {
    const create = n === 0 ? [{ type: 'run.create', run: { id: run } }] : [];
    const records = [...create, { type: 'points', runId: run, series: [points(KEY, n * PER_BATCH, PER_BATCH)] }];
    return server.send('POST', '/ingest', { writer, seq: n + 1, records });
  });
}

/** Points through runs/{id}/log, which share commits. */
export async function logWriter(server: RealServer): Promise<Writer> {
  const run = await server.newRun();
  return start(server, run, (n) => server.log(run, points(KEY, n * PER_BATCH, PER_BATCH)));
}

/** A file of its own each time. */
export async function artifactWriter(server: RealServer): Promise<Writer> {
  const run = await server.newRun();
  const files: Buffer[] = [];
  const attempt: Attempt = (n) => {
    files[n] ??= randomBytes(60_000 + n);
    return server.send('PUT', `/runs/${run}/artifacts/files/made/${n}.bin`, files[n], {
      headers: { 'content-type': 'application/octet-stream' },
    });
  };
  return start(server, run, attempt, async (writer, all) => {
    const { artifacts } = await server.ask<{ artifacts: { path: string; digest: string }[] }>('GET', `/runs/${run}/artifacts?limit=1000`);
    expect(new Set(artifacts.map(({ path }) => path)).size, 'each path once').toBe(artifacts.length);
    if (all) expect(artifacts.length).toBe(writer.acknowledged);
    for (let n = 0; n < writer.acknowledged; n++) {
      const path = `made/${n}.bin`;
      const wanted = createHash('sha256').update(files[n]!).digest('hex');
      expect(artifacts.find((one) => one.path === path)?.digest, path).toBe(wanted);
      const response = await fetch(`${server.process.url}/api/v1/runs/${run}/artifacts/files/${path}`, {
        headers: { authorization: `Bearer ${server.process.token}` },
      });
      const got = createHash('sha256')
        .update(Buffer.from(await response.arrayBuffer()))
        .digest('hex');
      expect(got, `bytes of ${path}`).toBe(wanted);
    }
  });
}

function start(server: RealServer, run: string, attempt: Attempt, check = checkPoints(server)): Writer {
  let stopping = false;
  let givenUp = false;
  const writer: Writer = {
    run,
    acknowledged: 0,
    answers: new Map(),
    codes: new Set(),
    longest: 0,
    stop: () => {
      stopping = true;
      return working;
    },
    giveUp: () => {
      stopping = givenUp = true;
      return working;
    },
    check: (all) => check(writer, all),
  };
  const work = async () => {
    for (let n = 0; !stopping; n++) {
      let isStored = false;
      await until(`batch ${n} is acknowledged`, async () => {
        if (givenUp) return true;
        const before = performance.now();
        const { status, body } = await attempt(n);
        writer.longest = Math.max(writer.longest, performance.now() - before);
        writer.answers.set(status, (writer.answers.get(status) ?? 0) + 1);
        const { code } = (body ?? {}) as { code?: string };
        if (code) writer.codes.add(code);
        isStored = status >= 200 && status < 300;
        return isStored;
      });
      if (isStored) writer.acknowledged += 1;
    }
  };
  const working = work();
  working.catch(() => {}); // told by stop
  return writer;
}

function checkPoints(server: RealServer) {
  return async ({ run, acknowledged }: Writer, all: boolean): Promise<void> => {
    const { steps, values } = await server.history(run, KEY);
    // What was sent and not answered may be there; nothing may be missing or twice.
    if (all) expect(steps.length).toBe(acknowledged * PER_BATCH);
    else expect([0, PER_BATCH], 'points more than were acknowledged').toContain(steps.length - acknowledged * PER_BATCH);
    expect(steps).toEqual(steps.map((_, i) => i));
    expect(values).toEqual(steps.map(valueAt));
  };
}

export const totalOf = (writers: Writer[]): number => writers.reduce((sum, { acknowledged }) => sum + acknowledged, 0);

/** Waits until each has got this many more acknowledged. */
export async function moreOfEach(writers: Writer[], more: number): Promise<void> {
  const goals = writers.map(({ acknowledged }) => acknowledged + more);
  await until(`each writer has ${more} more`, () => writers.every(({ acknowledged }, i) => acknowledged >= goals[i]!));
}
