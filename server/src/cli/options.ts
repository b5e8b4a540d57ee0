import { parseArgs } from 'node:util';
import { PlainError } from '../core/plainError.ts';

export const HELP = `cellkeep-server keeps experiments, runs, metrics and artifacts, in a Postgres of its own or in yours.

  cellkeep-server serve [--port 5077] [--host 127.0.0.1] [--no-verify] [--no-endpoints] [--json]
  cellkeep-server token create <label> [--user NAME] [--expires DAYS]
  cellkeep-server token list | revoke <id or prefix> | reset
  cellkeep-server user create <name> [--role owner|editor|viewer] | list | role <name> <role> | disable <name> | enable <name>
  cellkeep-server migrate          bring the database to this version
  cellkeep-server verify-events    recompute the audit log's chain of hashes
  cellkeep-server gc [--grace HOURS]   remove stored files that nothing refers to
  cellkeep-server reset --yes      delete everything in the home

Options of all:
  --home DIR         folder of all data (default: $CELLKEEP_HOME, else .cellkeep here)
  --log-level LEVEL  debug, info, warn, error or silent (default: info); logs go to stderr
  --json             serve: one line {"server", "token", "login", "pid"} once ready; others: their result as JSON
  --help, --version

DATABASE_URL names a Postgres to use instead of the embedded one; CELLKEEP_BLOBS a folder for stored
  files instead of <home>/blobs, which servers that share a database must share as well.
CELLKEEP_VERIFY: on, off (as --no-verify) or auto, the default: on while only this machine
  reaches the server. Verifying a run executes its notebook's cells as the server's own user.
CELLKEEP_VERIFY_PYTHON, _AT_ONCE (1), _MEMORY (MiB for each process, 8192): with what, how many.
CELLKEEP_ENDPOINTS: on, off (as --no-endpoints) or auto, the default: this server runs the hosts of
  endpoints, and models that need Python only while this machine alone reaches them.
CELLKEEP_ENDPOINT_PORTS (21000-28999), _HOST (as --host), _NAME: where hosts listen, and the name
  under which others reach them. CELLKEEP_ENDPOINT_PYTHON: interpreter with the package cellkeep.
CELLKEEP_ENDPOINT_HANGS_AFTER_SECONDS: a host that gives no sign of life for so long is ended (15).
CELLKEEP_LOST_AFTER_SECONDS: a running run that was not heard of for so long is marked lost (default: 60).
`;

const OPTIONS = {
  home: { type: 'string' },
  port: { type: 'string' },
  host: { type: 'string' },
  'log-level': { type: 'string' },
  user: { type: 'string' },
  role: { type: 'string' },
  expires: { type: 'string' },
  grace: { type: 'string' },
  json: { type: 'boolean' },
  'no-verify': { type: 'boolean' },
  'no-endpoints': { type: 'boolean' },
  yes: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const;

export interface Options {
  words: string[];
  home: string;
  port: number;
  host: string;
  logLevel: string;
  databaseUrl: string | undefined;
  json: boolean;
  /** Nobody's cells are executed by this server. */
  noVerify: boolean;
  /** No host of an endpoint runs here. */
  noEndpoints: boolean;
  help: boolean;
  version: boolean;
  user?: string;
  role?: string;
  /** days */
  expires?: number;
  /** hours */
  grace?: number;
  yes: boolean;
}

/** A wrong option: exit code 2 and the way to the known ones. */
export class UsageError extends PlainError {}

export function readOptions(args: string[], env: NodeJS.ProcessEnv): Options {
  const { values, positionals } = parse(args);
  return {
    words: positionals,
    home: values.home ?? (env.CELLKEEP_HOME || '.cellkeep'),
    port: values.port === undefined ? 5_077 : number('--port', values.port, 0, 65_535),
    host: values.host ?? '127.0.0.1',
    logLevel: level(values['log-level'] ?? (env.CELLKEEP_LOG_LEVEL || 'info')),
    databaseUrl: env.DATABASE_URL || undefined,
    json: values.json ?? false,
    noVerify: values['no-verify'] ?? false,
    noEndpoints: values['no-endpoints'] ?? false,
    help: values.help ?? false,
    version: values.version ?? false,
    user: values.user,
    role: values.role,
    expires: values.expires === undefined ? undefined : number('--expires', values.expires, 1, 36_500),
    grace: values.grace === undefined ? undefined : number('--grace', values.grace, 0, 100_000),
    yes: values.yes ?? false,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ')[0]}: see cellkeep-server --help`);
  }
}

function number(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new UsageError(`${option} ${text}: a whole number from ${least} to ${most} is needed`);
}

function level(text: string): string {
  if (['trace', 'debug', 'info', 'warn', 'error', 'silent'].includes(text)) return text;
  throw new UsageError(`--log-level ${text}: choose debug, info, warn, error or silent`);
}
