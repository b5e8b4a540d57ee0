import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type TestDatabase, testDatabase } from '../testing/index.ts';
import { runCommand } from './commands.ts';

const PROGRAM = fileURLToPath(new URL('./cellkeep-server.ts', import.meta.url));
let database: TestDatabase;
let home: string;
const running = new Set<ChildProcess>();

beforeAll(async () => {
  database = await testDatabase();
  home = mkdtempSync(join(tmpdir(), 'cellkeep-cli-'));
});
afterEach(async () => {
  for (const child of running) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});
afterAll(async () => {
  rmSync(home, { recursive: true });
  await database.drop();
});

function start(words: string[], env: NodeJS.ProcessEnv = { DATABASE_URL: database.url }) {
  const { CELLKEEP_HOME: _, CELLKEEP_LOG_LEVEL: __, ...rest } = process.env;
  const child = spawn(process.execPath, [PROGRAM, ...words, '--home', home], {
    env: { ...rest, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}
/** A command that ends by itself runs in this process: loading the program takes longer than what it does. */
async function run(words: string[], databaseUrl = database.url) {
  vi.stubEnv('DATABASE_URL', databaseUrl);
  vi.stubEnv('CELLKEEP_LOG_LEVEL', 'silent');
  const said = { out: '', error: '' };
  const keep = (where: 'out' | 'error') => (chunk: string | Uint8Array) => {
    said[where] += String(chunk);
    return true;
  };
  const out = vi.spyOn(process.stdout, 'write').mockImplementation(keep('out'));
  const error = vi.spyOn(process.stderr, 'write').mockImplementation(keep('error'));
  try {
    const code = await runCommand([...words, '--home', home]);
    return { code, out: said.out.trimEnd(), error: said.error.trimEnd() };
  } finally {
    out.mockRestore();
    error.mockRestore();
    vi.unstubAllEnvs();
  }
}
/** Starts to serve and gives what it says once it is ready. */
async function serve(env?: NodeJS.ProcessEnv, ...words: string[]) {
  const child = start(['serve', '--json', '--port', '0', '--log-level', 'warn', ...words], env);
  const [line] = await once(child.stdout, 'data');
  return { child, ...(JSON.parse(String(line)) as { server: string; token: string; login: string; pid: number }) };
}
const stop = async (child: ChildProcess) => {
  child.kill('SIGTERM');
  return (await once(child, 'exit'))[0];
};

test('users and tokens from the command line', { timeout: 60_000 }, async () => {
  expect(await run(['user', 'create', 'Ada', '--role', 'viewer'])).toEqual({
    ...{ code: 0, error: '' },
    out: 'Ada is viewer; give them a token: cellkeep-server token create <label> --user Ada',
  });
  const { out: secret } = await run(['token', 'create', 'laptop', '--user', 'Ada', '--expires', '30']);
  expect(secret).toMatch(/^ck_[\w-]{43}$/);
  const { out: list } = await run(['token', 'list']);
  expect(list.split('\n').find((line) => line.includes('laptop'))).toMatch(
    new RegExp(`^${secret.slice(0, 8)}…  Ada +never used  until \\d{4}-\\d\\d-\\d\\d  laptop$`),
  );
  expect(await run(['token', 'revoke', `${secret.slice(0, 8)}…`])).toMatchObject({
    code: 0,
    out: `revoked ${secret.slice(0, 8)}… (laptop)`,
  });
  expect(JSON.parse((await run(['user', 'role', 'Ada', 'editor', '--json'])).out)).toMatchObject({ name: 'Ada', role: 'editor' });
});

test('a mistake is one line on stderr, and the exit code tells wrong usage from the rest', { timeout: 60_000 }, async () => {
  const cases: [string, number, RegExp][] = [
    ['frobnicate', 2, /^cellkeep: there is no command "frobnicate": see cellkeep-server --help$/],
    ['token forge x', 2, /^cellkeep: there is no command "token forge"/],
    ['token create', 2, /^cellkeep: usage: cellkeep-server token create <label>$/],
    ['user create Bob --role god', 2, /^cellkeep: "god" is no role: choose owner, editor or viewer$/],
    ['reset', 2, /^cellkeep: reset deletes every run.*--yes/],
    ['reset --yes', 1, /^cellkeep: reset works on the embedded Postgres/],
    ['user disable Nobody', 1, /^cellkeep: no user "Nobody": cellkeep-server user list shows those there are$/],
  ];
  for (const [words, code, line] of cases) {
    const said = await run(words.split(' '));
    expect(said, words).toEqual({ code, out: '', error: expect.stringMatching(line) });
    expect(said.error.split('\n'), words).toHaveLength(1);
  }
});

test('a database that cannot be reached is one line that says what to do', async () => {
  expect(await run(['migrate'], 'postgres://127.0.0.1:1/x')).toEqual({
    ...{ code: 1, out: '' },
    error: expect.stringMatching(
      /^cellkeep: the Postgres of DATABASE_URL at 127\.0\.0\.1:1 does not let us in .*: start it, or correct DATABASE_URL$/,
    ),
  });
  expect(await run(['migrate'], 'nonsense')).toEqual({
    code: 1,
    out: '',
    error: expect.stringMatching(/^cellkeep: .*DATABASE_URL[^\n]*$/),
  });
});

test('help and version need no database', async () => {
  const [help, version] = [await run(['--help']), await run(['--version'])];
  expect([help.code, help.out]).toEqual([0, expect.stringContaining('cellkeep-server serve')]);
  expect(version).toEqual({ code: 0, error: '', out: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
});

test('verify-events tells a whole chain from a broken one by its exit code', { timeout: 60_000 }, async () => {
  expect(await run(['verify-events'])).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+ events, the chain is whole$/) });
  await database.sql`update events set who = 'Eve' where link = 1`;
  expect(await run(['verify-events'])).toMatchObject({ code: 1, out: expect.stringMatching(/^broken at event \d+:/) });
});

describe('serve', { timeout: 60_000 }, () => {
  test('says in one line where it is, lets the token in that only its owner may read, and ends in order', async () => {
    const { child, server, token, login, pid } = await serve();
    expect({ pid, login }).toEqual({ pid: child.pid, login: expect.stringMatching(new RegExp(`^${server}/login#`)) });
    expect([readFileSync(join(home, 'token'), 'utf8').trim(), statSync(join(home, 'token')).mode & 0o077]).toEqual([token, 0]);
    expect((await fetch(`${server}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
    expect(await stop(child)).toBe(0);
  });

  test('keeps its token over a restart; token reset ends the old one', async () => {
    const first = await serve();
    await stop(first.child);
    const second = await serve();
    expect(second.token).toBe(first.token);
    const { out: fresh } = await run(['token', 'reset']);
    const status = (token: string) =>
      fetch(`${second.server}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } }).then((answer) => answer.status);
    await expect.poll(() => status(first.token)).toBe(401);
    expect(await status(fresh)).toBe(200);
    await stop(second.child);
  });

  test.each([
    [
      'a port that is taken',
      async () => ['--port', String(await takenPort())],
      /^cellkeep: port \d+ on 127\.0\.0\.1 is taken: choose another with --port/,
    ],
    ['an address of another machine', async () => ['--host', '192.0.2.1'], /^cellkeep: 192\.0\.2\.1 is no address of this machine/],
  ])('%s: one line that says what to do', async (_name, words, line) => {
    const child = start(['serve', '--log-level', 'silent', ...(await words())]);
    const [error, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect([code, error.trimEnd()]).toEqual([1, expect.stringMatching(line)]);
    expect(error.trimEnd().split('\n')).toHaveLength(1);
  });
});

const taken = createServer();
afterAll(() => taken.close());
async function takenPort(): Promise<number> {
  taken.listen(0, '127.0.0.1');
  await once(taken, 'listening');
  return (taken.address() as { port: number }).port;
}

/** A process that a server has left which was killed, as far as others can see: it writes to that file. */
function standIn(log: string): ChildProcess {
  const file = openSync(log, 'a');
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
    cwd: home,
    detached: true,
    stdio: ['ignore', file, file],
  });
  closeSync(file);
  return child;
}

test('a home with its own Postgres: one server at a time, commands beside it, and reset when it has stopped', {
  timeout: 90_000,
}, async () => {
  const own = { DATABASE_URL: '' };
  const { child, server, token } = await serve(own);
  const say = (...words: string[]) => run(words, '');
  const second = start(['serve', '--port', '0', '--log-level', 'silent'], own);
  const [error, [code]] = await Promise.all([text(second.stderr), once(second, 'exit')]);
  const where = `a server is already running on ${home} at ${server} (process ${child.pid})`;
  expect([code, error.trimEnd()]).toEqual([1, `cellkeep: ${where}: stop it first, or choose another --home`]);
  expect(await say('reset', '--yes')).toMatchObject({ code: 1, error: expect.stringContaining(`(process ${child.pid}): stop it first`) });
  const { out: secret } = await say('token', 'create', 'beside');
  expect((await fetch(`${server}/api/v1/me`, { headers: { authorization: `Bearer ${secret}` } })).status).toBe(200);
  await stop(child);

  writeFileSync(join(home, 'of somebody else'), 'stays');
  const [host, bystander] = [standIn(join(home, 'hosts', `${randomUUID()}.log`)), standIn(join(home, 'of somebody else'))];
  const ended = once(host, 'exit');
  expect(await say('reset', '--yes')).toMatchObject({ code: 0, out: `${home} is empty` });
  expect(readFileSync(join(home, 'of somebody else'), 'utf8')).toBe('stays');
  expect([await ended, bystander.exitCode, bystander.kill()]).toEqual([[null, 'SIGTERM'], null, true]);
  const again = await serve(own);
  expect(again.token).not.toBe(token);
  await stop(again.child);
  expect((await say('reset', '--yes')).code).toBe(0);
});
