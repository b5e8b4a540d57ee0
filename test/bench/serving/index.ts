/** The measurements of serving: one row to a random forest of 100 trees, as many times as it goes, as a graph and as Python. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PYTHON } from '../load.ts';
import { type Measurement, measure, OURS, type Result, type Round } from '../measure.ts';
import { startProgram, untilAnswers } from '../processes.ts';
import { type ServedByHost, startHostProcess } from './host.ts';
import { type Example, type PeerName, servedBy, startPeer } from './peers.ts';
import type { RowJob, RowsSent } from './rowLoad.ts';
import type { RowRequest, Served } from './served.ts';

export { PEERS } from './peers.ts';

export const PARTS = ['rows'] as const;

export interface Size {
  rounds: number;
  /** Of a load. */
  seconds: number;
  /** Before the first round of each. */
  warmUp: number;
}

export const SIZES: Record<'full' | 'quick', Size> = {
  full: { rounds: 3, seconds: 5, warmUp: 3 },
  quick: { rounds: 1, seconds: 1, warmUp: 1 },
};

export interface ServingOptions {
  /** An empty folder, for all that is written. */
  folder: string;
  size: Size;
  peers: PeerName[];
  say: (line: string) => void;
}

const CONNECTIONS = [1, 16];
const BARE = 'node + onnxruntime';
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export async function benchServing({ folder, size, peers, say }: ServingOptions): Promise<Result[]> {
  const graph = await make('onnx', folder);
  const wanted = JSON.parse(readFileSync(join(graph, 'answers.json'), 'utf8')) as { labels: number[] };
  const host = await startHostProcess(join(folder, OURS), graph);
  const worker = await startHostProcess(join(folder, 'worker'), await make('python', folder));
  const others: Served[] = [];
  for (const name of peers) others.push(await startPeer(name, join(folder, name), graph));
  const all = [host, await startBare(join(folder, 'bare'), graph), ...others];
  for (const served of [...all, worker]) await prepare(served, wanted.labels[0] as number, size);
  const results = [
    ...(await measure(ofGraphs(all), size.rounds, say)),
    ...(await measure(ofPython([worker, ...others.filter(({ name }) => IN_PYTHON.has(name))]), size.rounds, say)),
  ];
  for (const each of [host, worker]) await requireLogged(each);
  await Promise.all([...all, worker].map((served) => served.stop()));
  return results;
}

/** @returns the folder that model.py has filled */
async function make(what: 'onnx' | 'python', folder: string): Promise<string> {
  const made = join(folder, `made-${what}`);
  await promisify(execFile)(PYTHON, [here('model.py'), what, made], { timeout: 120_000 });
  return made;
}

/** Peers that ask the estimator itself, not its graph. */
const IN_PYTHON: ReadonlySet<string> = new Set<PeerName>(['mlflow', 'bentoml']);

const contestantsOf = (all: readonly Served[], connections: readonly number[]) =>
  Object.fromEntries(all.map((served) => [served.name, () => roundOf(served, connections)]));

function ofGraphs(all: readonly Served[]): Measurement {
  return {
    title: 'rows',
    rows: [
      ...CONNECTIONS.flatMap((connections) => rowsOf(connections, 'one row')),
      { key: 'memory', title: 'memory after that', unit: 'MiB', more: false },
    ],
    contestants: contestantsOf(all, CONNECTIONS),
  };
}

function ofPython(all: readonly Served[]): Measurement {
  const most = Math.max(...CONNECTIONS);
  return { title: 'rows in Python', rows: rowsOf(most, 'Python model, one row'), contestants: contestantsOf(all, [most]) };
}

function rowsOf(connections: number, what: string): Measurement['rows'] {
  const who = connections === 1 ? 'one connection' : `${connections} connections`;
  return [
    { key: `rate${connections}`, title: `${what}, ${who}`, unit: 'requests/s', more: true },
    { key: `p50_${connections}`, title: `${what}, ${who}: p50`, unit: 'ms', more: false },
    { key: `p99_${connections}`, title: `${what}, ${who}: p99`, unit: 'ms', more: false },
    { key: `cpu${connections}`, title: `${what}, ${who}: processor time`, unit: 'µs', more: false },
  ];
}

let seconds = 1;

async function roundOf(served: Served, loads: readonly number[]): Promise<Round> {
  const round: Round = {};
  for (const connections of loads) {
    const before = served.cpu();
    const sent = await load(served, connections, seconds);
    round[`rate${connections}`] = sent.requests / sent.seconds;
    round[`p50_${connections}`] = sent.p50;
    round[`p99_${connections}`] = sent.p99;
    round[`cpu${connections}`] = (served.cpu() - before) / sent.requests;
  }
  round.memory = served.memory();
  return round;
}

/** Its first answer is looked at, and it has seen enough requests that its code is compiled. */
async function prepare(served: Served, label: number, size: Size): Promise<void> {
  seconds = size.seconds;
  await untilAnswers(`http://127.0.0.1:${served.port}${served.health}`, served.program);
  const { path, headers, body } = served.request();
  const response = await fetch(`http://127.0.0.1:${served.port}${path}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
  const text = await response.text();
  const answer: unknown = response.ok ? JSON.parse(text) : null;
  if (labelOf(answer) !== label)
    throw new Error(`${served.name} answers ${response.status} ${text.slice(0, 300)}; the row is of class ${label}`);
  await load(served, 16, size.warmUp);
}

function labelOf(answer: unknown): unknown {
  if (Array.isArray(answer)) return answer[0];
  const { prediction, predictions } = (answer ?? {}) as { prediction?: unknown; predictions?: unknown[] };
  return prediction ?? predictions?.[0];
}

async function load({ name, port, request }: Served, connections: number, seconds: number): Promise<RowsSent> {
  const job: RowJob = { port, connections, seconds, request: bytesOf(request()).toString('base64') };
  const { stdout } = await promisify(execFile)(process.execPath, [here('rowLoad.ts'), JSON.stringify(job)], {
    timeout: (seconds + 60) * 1_000,
  });
  const sent = JSON.parse(stdout) as RowsSent;
  if (sent.failed > 0 || sent.requests === 0)
    throw new Error(`${name}: ${sent.failed} of ${sent.requests} requests failed: ${sent.failure}`);
  return sent;
}

function bytesOf({ path, headers = {}, body }: RowRequest): Buffer {
  const lines = Object.entries({
    host: '127.0.0.1',
    ...headers,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
  });
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`);
}

async function startBare(folder: string, graph: string): Promise<Served> {
  mkdirSync(folder);
  const program = startProgram(process.execPath, [here('bareNode.ts'), graph], {
    cwd: folder,
    log: join(folder, 'bare.log'),
    readStdout: true,
  });
  if (!program.child.stdout) throw new Error('its stdout is not read');
  const [line] = (await once(program.child.stdout, 'data')) as [Buffer];
  const { columns, data } = JSON.parse(readFileSync(join(graph, 'example.json'), 'utf8')) as Example;
  const body = JSON.stringify(Object.fromEntries(columns.map((name, i) => [name, data[0]?.[i]])));
  return servedBy(BARE, program, Number(line.toString('utf8')), '/', { path: '/', body });
}

/** Every request that was answered is in the log: what is fast because it forgets would be no figure. */
async function requireLogged(host: ServedByHost): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${host.port}/ping`);
  if (!response.ok) throw new Error(`the host answers ${response.status}`);
  const said = readFileSync(host.program.log, 'utf8');
  if (/not in the log/.test(said)) throw new Error(said.slice(-1_000));
  for (let tries = 0, before = -1; ; tries++) {
    const logged = await host.logged();
    if (logged === before && logged > 0) return;
    if (tries > 30) throw new Error('the log of the host does not come to an end');
    before = logged;
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
}
