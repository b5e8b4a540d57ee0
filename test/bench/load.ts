/** Hands prepared requests to load.py, the one client for Cellkeep and its peers, and refuses a load that did not go through. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface HttpRequest {
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: string;
  /** Status; 200 where absent. */
  expect?: number;
}

export interface Sent {
  seconds: number;
  latencies_ms: number[];
  bytes_in: number;
}

const LOAD = fileURLToPath(new URL('load.py', import.meta.url));
const LONGEST = 300_000; // ms
export const PYTHON = fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));

/** @param clients each one connection, its requests in order; all at once */
export async function send(port: number, clients: HttpRequest[][]): Promise<Sent> {
  const folder = mkdtempSync(join(tmpdir(), 'cellkeep-bench-load-'));
  try {
    const job = join(folder, 'job.json');
    writeFileSync(job, JSON.stringify({ host: '127.0.0.1', port, clients }));
    const { stdout } = await promisify(execFile)(PYTHON, [LOAD, job], { timeout: LONGEST, maxBuffer: 1 << 28 });
    const { errors, ...sent } = JSON.parse(stdout) as Sent & { errors: number[] };
    const wanted = clients.reduce((sum, requests) => sum + requests.length, 0);
    if (errors.length > 0) throw new Error(`${errors.length} of ${wanted} answers had another status, the first ${errors[0]}`);
    // A client that lost its connection ends without a word of its latencies.
    if (sent.latencies_ms.length !== wanted) throw new Error(`${sent.latencies_ms.length} of ${wanted} requests were answered`);
    return sent;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same request a few times on one connection. */
export function sendRepeatedly(port: number, request: HttpRequest, times: number): Promise<Sent> {
  return send(port, [Array.from({ length: times }, () => request)]);
}

/** One request outside a measurement, its answer as JSON. */
export async function ask<Answer>(port: number, { method, path, headers, body, expect = 200 }: HttpRequest): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, body });
  const text = await response.text();
  if (response.status !== expect) throw new Error(`${method} ${path}: status ${response.status}: ${text.slice(0, 300)}`);
  return JSON.parse(text) as Answer;
}
