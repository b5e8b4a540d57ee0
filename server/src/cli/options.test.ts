import { describe, expect, test } from 'vitest';
import { HELP, readOptions, UsageError } from './options.ts';

const read = (line: string, env: NodeJS.ProcessEnv = {}) => readOptions(line.split(' ').filter(Boolean), env);

test('without options: its own Postgres in .cellkeep here, port 5077, this machine alone', () => {
  expect(read('serve')).toMatchObject({
    ...{ words: ['serve'], home: '.cellkeep', port: 5_077, host: '127.0.0.1', logLevel: 'info' },
    ...{ databaseUrl: undefined, json: false, noVerify: false, noEndpoints: false, help: false, version: false, yes: false },
  });
});

test('what is given counts before the environment, and that before the defaults', () => {
  const env = { CELLKEEP_HOME: '/srv/cellkeep', CELLKEEP_LOG_LEVEL: 'warn', DATABASE_URL: 'postgres://x' };
  expect(read('serve', env)).toMatchObject({ home: '/srv/cellkeep', logLevel: 'warn', databaseUrl: 'postgres://x' });
  expect(read('serve --home /else --log-level debug', env)).toMatchObject({ home: '/else', logLevel: 'debug' });
  expect(read('serve', { CELLKEEP_HOME: '', DATABASE_URL: '' })).toMatchObject({ home: '.cellkeep', databaseUrl: undefined });
});

test('words and options may come in any order', () => {
  expect(read('token create laptop --user ada --expires 30 --json')).toMatchObject({
    ...{ words: ['token', 'create', 'laptop'], user: 'ada', expires: 30, json: true },
  });
  expect(read('--grace 0 gc')).toMatchObject({ words: ['gc'], grace: 0 });
});

describe('a wrong option is named, with what would be right', () => {
  test.each([
    ['serve --port many', '--port many: a whole number from 0 to 65535 is needed'],
    ['serve --port 65536', '--port 65536: a whole number from 0 to 65535 is needed'],
    ['serve --port -1', /--port/],
    ['serve --port 1.5', '--port 1.5: a whole number from 0 to 65535 is needed'],
    ['token create x --expires 0', '--expires 0: a whole number from 1 to 36500 is needed'],
    ['serve --log-level loud', '--log-level loud: choose debug, info, warn, error or silent'],
    ['serve --colour', /^Unknown option '--colour': see cellkeep-server --help$/],
    ['serve --json=yes', /--json.*: see cellkeep-server --help$/],
    ['serve --home', /--home.*: see cellkeep-server --help$/],
  ])('%s', (line, message) => {
    expect(() => read(line)).toThrow(message);
    expect(() => read(line)).toThrow(UsageError);
  });
});

test('the help names every option and every command, in lines that fit a terminal', () => {
  for (const word of [
    '--home',
    '--port',
    '--host',
    '--json',
    '--no-verify',
    '--no-endpoints',
    '--user',
    '--role',
    '--expires',
    '--grace',
    '--yes',
    '--log-level',
    '--version',
  ]) {
    expect(HELP).toContain(word);
  }
  for (const word of ['serve', 'token', 'user', 'migrate', 'verify-events', 'gc', 'reset', 'DATABASE_URL']) expect(HELP).toContain(word);
  expect(Math.max(...HELP.split('\n').map((line) => line.length))).toBeLessThanOrEqual(130);
});
