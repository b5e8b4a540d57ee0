/** Whether this server runs hosts of endpoints, where they listen, and with which Python. Read once, when it starts. */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { blobFolder } from '../../core/blobsOnDisk.ts';
import { PlainError } from '../../core/plainError.ts';

export interface HostingSettings {
  /** Why no host runs here, with what to do about it; null: they do. */
  off: string | null;
  /** Interpreter with the package cellkeep, for models that need Python; empty: none is known, or none may run. */
  python: string;
  /** Why no model that needs Python runs here; null: it does. */
  pythonOff: string | null;
  /** Program of a host, with its arguments. */
  program: string[];
  ports: { first: number; last: number };
  /** Address on which hosts listen. */
  listen: string;
  /** Name or address under which others reach them. */
  advertised: string;
  /** Name of this server's machine and home among those of the database. */
  machine: string;
  /** ms without a sign of life after which a host that was ready hangs, and is ended: it gives one each second. */
  hangsAfter: number;
  /** Folders of the blobs, of unpacked models, and of what hosts write. */
  blobs: string;
  cache: string;
  logs: string;
  /** Days that a Python environment which no release needs is kept after it was last taken. */
  environmentDays: number;
  /** Days that a batch is kept after its end, with the rows that it read and its answers. */
  batchDays: number;
}

const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];
const EVERYWHERE = ['0.0.0.0', '::'];
/** Below those that systems give to outgoing connections (32768 and up on Linux), so that an endpoint finds its port again. */
const PORTS = '21000-28999';

/**
 * A model that needs Python runs code of whoever made it as the server's own user, so the default `auto` lets it run where the server is
 * reached from its own machine alone; models of ONNX and tfjs are no code, and run everywhere.
 * @param venvs environments to look in, the first that is there counts
 */
export function readHostingSettings(
  env: NodeJS.ProcessEnv,
  { host, home, venvs }: { host: string; home: string; venvs: readonly string[] },
): HostingSettings {
  const word = env.CELLKEEP_ENDPOINTS || 'auto';
  if (!['on', 'off', 'auto'].includes(word)) throw new PlainError(`CELLKEEP_ENDPOINTS=${word}: choose on, off or auto`);
  const listen = env.CELLKEEP_ENDPOINT_HOST || host;
  const found = [env.CELLKEEP_ENDPOINT_PYTHON, ...venvs.map(pythonOf), env.VIRTUAL_ENV && pythonOf(env.VIRTUAL_ENV), env.CELLKEEP_PYTHON];
  const python = found.find((path) => path && existsSync(path)) ?? '';
  const pythonOff = whyNoPython(word, listen, python);
  return {
    off: word === 'off' ? 'this server runs no endpoints (CELLKEEP_ENDPOINTS=off); another server of this database must' : null,
    python: pythonOff === null ? python : '',
    pythonOff,
    program: env.CELLKEEP_ENDPOINT_PROGRAM ? [env.CELLKEEP_ENDPOINT_PROGRAM] : [process.execPath, hostProgram()],
    ports: readPorts(env.CELLKEEP_ENDPOINT_PORTS || PORTS),
    listen,
    advertised: env.CELLKEEP_ENDPOINT_NAME || (EVERYWHERE.includes(listen) ? hostname() : listen),
    machine: `${hostname()}:${home}`,
    hangsAfter: readWhole(env, 'CELLKEEP_ENDPOINT_HANGS_AFTER_SECONDS', { otherwise: 15, from: 2, to: 3_600, of: 'seconds' }) * 1_000,
    blobs: blobFolder(home, env),
    cache: join(home, 'models'),
    logs: join(home, 'hosts'),
    environmentDays: readWhole(env, 'CELLKEEP_ENVIRONMENT_DAYS', { otherwise: 30, from: 2, to: 36_500, of: 'days' }),
    batchDays: readWhole(env, 'CELLKEEP_BATCH_DAYS', { otherwise: 400, from: 1, to: 36_500, of: 'days' }),
  };
}

const pythonOf = (venv: string) => join(venv, 'bin/python');

function whyNoPython(word: string, listen: string, python: string): string | null {
  if (word === 'auto' && !LOOPBACK.includes(listen)) {
    return `endpoints listen on ${listen}, and models that need Python would run code as the server's own user; start it with CELLKEEP_ENDPOINTS=on if that is wanted`;
  }
  return python ? null : 'this server knows no Python with the package cellkeep; name one in CELLKEEP_ENDPOINT_PYTHON';
}

/** The bundle for a server that is one itself; the sources for one that runs from its sources, where a bundle may be older. */
function hostProgram(): string {
  const bundle = fileURLToPath(new URL('../../../dist/cellkeep-host.mjs', import.meta.url));
  const source = fileURLToPath(new URL('../host/main.ts', import.meta.url));
  const isBundled = basename(process.argv[1] ?? '') === 'cellkeep-server.mjs' || !existsSync(source);
  return isBundled ? bundle : source;
}

function readPorts(text: string): { first: number; last: number } {
  const [, first, last] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? [];
  const ports = { first: Number(first), last: Number(last) };
  if (ports.first >= 1 && ports.last <= 65_535 && ports.first <= ports.last) return ports;
  throw new PlainError(`CELLKEEP_ENDPOINT_PORTS=${text}: name the first and the last, like ${PORTS}`);
}

interface Whole {
  otherwise: number;
  from: number;
  to: number;
  of: 'seconds' | 'days';
}

function readWhole(env: NodeJS.ProcessEnv, name: string, { otherwise, from, to, of }: Whole): number {
  const count = Number(env[name] || otherwise);
  if (Number.isInteger(count) && count >= from && count <= to) return count;
  throw new PlainError(`${name}=${env[name]}: a whole number of ${of} from ${from} to ${to} is needed`);
}
