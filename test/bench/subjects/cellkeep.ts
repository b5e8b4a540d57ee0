/** Our server as people start it: the built program with its own Postgres, asked in MLflow's protocol like its peers, and through its own API. */
import { mkdirSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { SUPERUSER } from '../../../server/src/core/postgresEmbedded.ts';
import { ask, type HttpRequest } from '../load.ts';
import { memoryOf, type Program, startProgram } from '../processes.ts';
import { mlflowApi } from './mlflowApi.ts';
import { KEYS, measured, POINTS_PER_BATCH, type Startable, type Subject, timeOf } from './subject.ts';

const SERVER = fileURLToPath(new URL('../../../server/dist/cellkeep-server.mjs', import.meta.url));

/** Node's flags, from the first line of the program that people start. */
const FLAGS = (readFileSync(fileURLToPath(new URL('../../../server/start/serverBin.mjs', import.meta.url)), 'utf8').split('\n')[0] ?? '')
  .split(' ')
  .filter((word) => word.startsWith('--'));

export interface Cellkeep extends Subject {
  url: string;
  token: string;
  /** Bytes of its tables, their indexes and its blobs. */
  storedBytes: () => Promise<number>;
  /** The same work through our own API, on runs that were made in either way. */
  own: Pick<Subject, 'batch' | 'point' | 'history' | 'pointsIn' | 'search' | 'runsIn'> & {
    /** A numbered batch with the points of `batch`, as kernels send it. */
    ingest: (writer: string, seq: number, runId: string, first: number) => HttpRequest;
    /** The series `loss` in at most so many points. */
    zoom: (runId: string, maxPoints: number) => HttpRequest;
  };
}

interface Told {
  server: string;
  token: string;
}

async function start(home: string): Promise<{ program: Program; told: Told; seconds: number }> {
  mkdirSync(home, { recursive: true });
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('CELLKEEP_') && name !== 'DATABASE_URL'));
  const since = performance.now();
  const args = [...FLAGS, SERVER, 'serve', '--json', '--port', '0', '--home', home];
  const log = join(home, 'server.log');
  const program = startProgram(process.execPath, args, { cwd: home, env, log, readStdout: true });
  const line = await new Promise<string>((resolve, reject) => {
    let text = '';
    program.child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      if (text.includes('\n')) resolve(text);
    });
    program.child.once('exit', () => reject(new Error(`the server ended before it was ready; see ${log}`)));
  });
  return { program, told: JSON.parse(line) as Told, seconds: (performance.now() - since) / 1e3 };
}

export const cellkeepStarts: Startable = {
  name: 'cellkeep',
  async startOnce(home) {
    const { program, seconds } = await start(home);
    await program.stop();
    return seconds;
  },
};

export async function startCellkeep(home: string): Promise<Cellkeep> {
  const { program, told } = await start(home);
  const port = Number(new URL(told.server).port);
  const headers = { Authorization: `Bearer ${told.token}`, 'Content-Type': 'application/json' };
  const post = (path: string, body: unknown): HttpRequest => {
    return { method: 'POST', path: `/api/v1/${path}`, headers, body: JSON.stringify(body) };
  };
  const get = (path: string): HttpRequest => ({ method: 'GET', path: `/api/v1/${path}`, headers });
  const history = (runId: string, maxPoints: number) => post('metrics/history', { runIds: [runId], keys: ['loss'], maxPoints });
  const subject = mlflowApi({
    name: 'cellkeep',
    port,
    headers: { Authorization: headers.Authorization },
    async countPoints(runIds) {
      const runs = runIds.map((id) => ask<{ metrics: Record<string, { count: number }> }>(port, get(`runs/${id}`)));
      return (await Promise.all(runs)).flatMap(({ metrics }) => Object.values(metrics)).reduce((sum, { count }) => sum + count, 0);
    },
    async analyze() {
      const sql = connectTo(home);
      await sql`analyze`;
      await sql.end();
    },
    memory: () => memoryOf([program.pid, Number(postmasterFile(home)[0])]),
    stop: program.stop,
  });
  let searched: string | null = null;
  return {
    ...subject,
    url: told.server,
    token: told.token,
    async storedBytes() {
      const sql = connectTo(home);
      const [row] = await sql<{ bytes: string }[]>`
        select sum(pg_total_relation_size(oid)) as bytes from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`;
      await sql.end();
      return Number(row?.bytes) + sizeOfFolder(join(home, 'blobs'));
    },
    async seedRuns(count) {
      await subject.seedRuns(count);
      const { experiments } = await ask<{ experiments: { id: string; name: string }[] }>(port, get('experiments?name=searched'));
      searched = experiments.find(({ name }) => name === 'searched')?.id ?? null;
    },
    own: {
      batch: (runId, first) => post(`runs/${runId}/log`, { series: seriesOf(first) }),
      point: (runId, step) => post(`runs/${runId}/log`, { series: [columns('loss', step, 1, 0)] }),
      ingest: (writer, seq, runId, first) => post('ingest', { writer, seq, records: [{ type: 'points', runId, series: seriesOf(first) }] }),
      history: (runId) => history(runId, 1_000_000),
      zoom: history,
      pointsIn: (answer) => (answer as { series: { steps: number[] }[] }).series[0]?.steps.length ?? 0,
      search: () => post('runs/search', { experimentIds: [searched], orderBy: [{ by: 'metrics.m1', direction: 'asc' }], limit: 100 }),
      runsIn: (answer) => (answer as { runs: unknown[] }).runs.length,
    },
  };
}

function seriesOf(first: number) {
  return Array.from({ length: KEYS }, (_, key) => columns(`metric_${key}`, first, POINTS_PER_BATCH / KEYS, key));
}

function columns(key: string, first: number, count: number, which: number) {
  const steps = Array.from({ length: count }, (_, i) => first + i);
  return { key, steps, times: steps.map(timeOf), values: steps.map((step) => measured(step, which)) };
}

function connectTo(home: string) {
  const [, , , number, folder] = postmasterFile(home);
  return postgres({ host: folder, port: Number(number), database: 'cellkeep', username: SUPERUSER, max: 1 });
}

function sizeOfFolder(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.reduce((sum, entry) => sum + (entry.isFile() ? statSync(join(entry.parentPath, entry.name)).size : 0), 0);
}

/** Lines: process id, data folder, start, port, folder of the socket. */
function postmasterFile(home: string): string[] {
  return readFileSync(join(realpathSync(join(home, 'postgres')), 'postmaster.pid'), 'utf8').split('\n');
}
