/** What else serves a scikit-learn model, each from an environment of its own and as its documentation starts it. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cpuOf, freePort, memoryOf, type Program, startProgram } from '../processes.ts';
import type { RowRequest, Served } from './served.ts';

export const PEERS = ['mlflow', 'bentoml', 'fastapi'] as const;
export type PeerName = (typeof PEERS)[number];

const inCheckout = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const binOf = (peer: PeerName) => inCheckout(`.build/bench/${peer}/bin`);

export interface Example {
  columns: string[];
  data: number[][];
}

interface Peer {
  /** What model.py writes for it; null: the graph. */
  model: 'mlflow' | 'joblib' | null;
  command: (folder: string, port: number) => [string, string[]];
  health: string;
  request: (example: Example) => RowRequest;
  env: (folder: string, graph: string) => Record<string, string>;
}

const HERE = fileURLToPath(new URL('.', import.meta.url));
const firstRow = ({ data }: Example) => data[0] as number[];

const KNOWN: Record<PeerName, Peer> = {
  mlflow: {
    model: 'mlflow',
    command: (folder, port) => [
      join(binOf('mlflow'), 'mlflow'),
      ['models', 'serve', '-m', join(folder, 'model'), '-h', '127.0.0.1', '-p', String(port), '--env-manager', 'local'],
    ],
    health: '/ping',
    request: (example) => ({
      path: '/invocations',
      body: JSON.stringify({ dataframe_split: { columns: example.columns, data: [firstRow(example)] } }),
    }),
    env: () => ({ MLFLOW_DISABLE_TELEMETRY: 'true', DO_NOT_TRACK: 'true', PATH: `${binOf('mlflow')}:${process.env.PATH}` }),
  },
  bentoml: {
    model: 'joblib',
    command: (_folder, port) => [
      join(binOf('bentoml'), 'bentoml'),
      ['serve', 'bento_service:Forest', '--working-dir', HERE, '--host', '127.0.0.1', '--port', String(port)],
    ],
    health: '/readyz',
    request: (example) => ({ path: '/predict', body: JSON.stringify({ rows: [firstRow(example)] }) }),
    env: (folder) => ({
      FOREST_JOBLIB: folder,
      BENTOML_HOME: join(folder, 'home'),
      BENTOML_DO_NOT_TRACK: 'True',
      PATH: `${binOf('bentoml')}:${process.env.PATH}`,
    }),
  },
  // Two workers: one for each core, where we have one host.
  fastapi: {
    model: null,
    command: (_folder, port) => [
      join(binOf('fastapi'), 'uvicorn'),
      [
        'fastapi_app:app',
        '--app-dir',
        HERE,
        '--host',
        '127.0.0.1',
        '--port',
        String(port),
        '--workers',
        '2',
        '--loop',
        'uvloop',
        '--http',
        'httptools',
        '--no-access-log',
      ],
    ],
    health: '/health',
    request: ({ columns, data }) => ({
      path: '/predict',
      body: JSON.stringify(Object.fromEntries(columns.map((name, i) => [name, data[0]?.[i]]))),
    }),
    env: (_folder, graph) => ({ FOREST: graph, PYTHONDONTWRITEBYTECODE: '1' }),
  },
};

/** @param graph folder with model.onnx and its example */
export async function startPeer(name: PeerName, folder: string, graph: string): Promise<Served> {
  const peer = KNOWN[name];
  mkdirSync(folder, { recursive: true });
  if (peer.model)
    await promisify(execFile)(join(binOf(name), 'python'), [join(HERE, 'model.py'), peer.model, folder], { timeout: 120_000 });
  const port = await freePort();
  const [command, args] = peer.command(folder, port);
  const env = { ...process.env, ...peer.env(folder, graph) };
  const program = startProgram(command, args, { cwd: folder, env, log: join(folder, `${name}.log`) });
  const example = JSON.parse(readFileSync(join(graph, 'example.json'), 'utf8')) as Example;
  return servedBy(name, program, port, peer.health, peer.request(example));
}

export function servedBy(name: string, program: Program, port: number, health: string, request: RowRequest): Served {
  return {
    ...{ name, program, port, health },
    request: () => request,
    cpu: () => cpuOf([program.pid]),
    memory: () => {
      const { pss, rss } = memoryOf([program.pid]);
      return pss ?? rss;
    },
    stop: program.stop,
  };
}
