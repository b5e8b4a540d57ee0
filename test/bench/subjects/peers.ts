/** The peers, each from an environment of its own, on a Postgres of its own with our version and settings. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort, memoryOf, type Program, startProgram, untilAnswers } from '../processes.ts';
import { mlflowApi } from './mlflowApi.ts';
import { type BenchPostgres, startPostgres } from './postgres.ts';
import type { Startable, Subject } from './subject.ts';

export const PEERS = ['mlflow', 'fasttrackml'] as const;
export type PeerName = (typeof PEERS)[number];

const inCheckout = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

interface Peer {
  /** Program and arguments, with the peer's defaults but for address and database. */
  command: (bin: string, port: number, database: string) => [string, string[]];
  health: string;
  env?: Record<string, string>;
}

const KNOWN: Record<PeerName, Peer> = {
  mlflow: {
    command: (bin, port, database) => [
      join(bin, 'mlflow'),
      ['server', '--host', '127.0.0.1', '--port', String(port), '--backend-store-uri', `postgresql+psycopg2://${database}`],
    ],
    health: '/health',
    env: { MLFLOW_DISABLE_TELEMETRY: 'true', DO_NOT_TRACK: 'true' },
  },
  fasttrackml: {
    command: (bin, port, database) => [
      join(bin, 'fml'),
      ['server', '--listen-address', `127.0.0.1:${port}`, '--database-uri', `postgres://${database}?sslmode=disable`],
    ],
    health: '/health',
  },
};

/** Makes the environment of `requirements-<name>.txt` unless it is there in these versions. @throws where it cannot be made */
export async function installPeer(name: string): Promise<void> {
  const folder = inCheckout(`.build/bench/${name}`);
  const requirements = inCheckout(`test/bench/requirements-${name}.txt`);
  const stamp = join(folder, 'installed.txt');
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const run = promisify(execFile);
  mkdirSync(folder, { recursive: true });
  await run(inCheckout('.venv/bin/python'), ['-m', 'venv', folder], { timeout: 120_000 });
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--disable-pip-version-check', '-r', requirements];
  await run(join(folder, 'bin/python'), pip, { timeout: 900_000, maxBuffer: 1 << 24 });
  writeFileSync(stamp, wanted);
}

export function versionOf(name: string): string {
  const requirements = readFileSync(inCheckout(`test/bench/requirements-${name}.txt`), 'utf8');
  return new RegExp(`^${name}==(.*)$`, 'im').exec(requirements)?.[1] ?? '';
}

async function launch(
  name: PeerName,
  home: string,
  postgres: BenchPostgres,
  database: string,
): Promise<{ program: Program; port: number; ms: number }> {
  mkdirSync(home, { recursive: true });
  const { command, health, env } = KNOWN[name];
  const port = await freePort();
  const [file, args] = command(inCheckout(`.build/bench/${name}/bin`), port, `${postgres.address}/${database}`);
  const program = startProgram(file, args, { cwd: home, env: { ...process.env, ...env }, log: join(home, `${name}.log`) });
  const ms = await untilAnswers(`http://127.0.0.1:${port}${health}`, program);
  return { program, port, ms };
}

export async function startPeer(name: PeerName, home: string): Promise<Subject> {
  const postgres = await startPostgres(join(home, 'database'));
  await postgres.createDatabase(name);
  const { program, port } = await launch(name, home, postgres, name);
  const sql = postgres.connect(name);
  return mlflowApi({
    name,
    port,
    async countPoints(runIds) {
      const [row] = await sql<{ n: number }[]>`select count(*)::int as n from metrics where run_uuid = any(${[...runIds]})`;
      return row?.n ?? 0;
    },
    async analyze() {
      await sql`analyze`;
    },
    memory: () => memoryOf([program.pid, postgres.pid]),
    async stop() {
      await program.stop();
      await postgres.stop();
    },
  });
}

/** Starts of the server alone: its Postgres runs already, which ours must start too. */
export function peerStarts(name: PeerName, postgres: BenchPostgres): Startable {
  const databases = new Map<string, string>();
  return {
    name,
    async startOnce(home) {
      let database = databases.get(home);
      if (database === undefined) {
        database = `${name}_${databases.size + 1}`;
        databases.set(home, database);
        await postgres.createDatabase(database);
      }
      const { program, ms } = await launch(name, home, postgres, database);
      await program.stop();
      return ms / 1e3;
    },
  };
}
