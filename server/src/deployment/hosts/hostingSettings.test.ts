import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pauseAfter } from './backOff.ts';
import { readHostingSettings } from './hostingSettings.ts';
import { tellingLine } from './lastWords.ts';
import { LogFile } from './logFile.ts';
import { lifeOf, residentBytes, signalLife } from './processLife.ts';

const venv = mkdtempSync(join(tmpdir(), 'cellkeep-venv-'));
mkdirSync(join(venv, 'bin'));
writeFileSync(join(venv, 'bin/python'), '');
const read = (env: NodeJS.ProcessEnv = {}, host = '127.0.0.1') => readHostingSettings(env, { host, home: '/home/of/it', venvs: [venv] });

describe('where hosts run', () => {
  test('by default: here, beside the server, with the Python of the checkout', () => {
    const python = join(venv, 'bin/python');
    expect(read()).toMatchObject({ off: null, pythonOff: null, python, listen: '127.0.0.1', advertised: '127.0.0.1', hangsAfter: 15_000 });
    expect(read().machine).toBe(`${hostname()}:/home/of/it`);
  });
  test.each([
    [
      'without Python where others reach it',
      {},
      '0.0.0.0',
      { off: null, python: '', pythonOff: expect.stringContaining('CELLKEEP_ENDPOINTS=on') },
    ],
    ['with Python where that is wanted', { CELLKEEP_ENDPOINTS: 'on' }, '0.0.0.0', { off: null, pythonOff: null, advertised: hostname() }],
    ['not at all', { CELLKEEP_ENDPOINTS: 'off' }, '127.0.0.1', { off: expect.stringContaining('runs no endpoints') }],
    [
      'under another name',
      { CELLKEEP_ENDPOINT_HOST: '10.0.0.1', CELLKEEP_ENDPOINT_NAME: 'gpu-1' },
      '0.0.0.0',
      { listen: '10.0.0.1', advertised: 'gpu-1' },
    ],
    ['within these ports', { CELLKEEP_ENDPOINT_PORTS: '9000-9001' }, '127.0.0.1', { ports: { first: 9000, last: 9001 } }],
  ])('%s', (_, env, host, expected) => {
    expect(read(env as NodeJS.ProcessEnv, host)).toMatchObject(expected);
  });
  test.each([
    [{ CELLKEEP_ENDPOINTS: 'yes' }, 'choose on, off or auto'],
    [{ CELLKEEP_ENDPOINT_PORTS: '9000' }, 'name the first and the last'],
    [{ CELLKEEP_ENDPOINT_PORTS: '9001-9000' }, 'name the first and the last'],
    [{ CELLKEEP_ENDPOINT_PORTS: '1-70000' }, 'name the first and the last'],
    [{ CELLKEEP_ENDPOINT_HANGS_AFTER_SECONDS: '1' }, 'from 2 to 3600'],
    [{ CELLKEEP_ENVIRONMENT_DAYS: '1' }, 'a whole number of days from 2 to 36500'],
    [{ CELLKEEP_BATCH_DAYS: 'never' }, 'a whole number of days from 1 to 36500'],
  ])('%j is refused', (env, message) => {
    expect(() => read(env as NodeJS.ProcessEnv)).toThrow(message);
  });
});

test('a host that ends again and again waits twice as long each time, half a minute at most', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 8, 100].map(pauseAfter)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

test.each([
  [
    'the error, not the rest of its stack',
    ['node:events:486', '      throw er;', 'Error: listen EADDRINUSE', '    at listen', '}', 'Node.js v24.1.0'],
    'Error: listen EADDRINUSE',
  ],
  ['the last line where there is no error', ['starting', 'out of luck'], 'out of luck'],
  ['the newest error', ['TypeError: a', 'RangeError: b'], 'RangeError: b'],
  ['nothing where nothing was written', [], ''],
])('of what a host wrote, it is told %s', (_, lines, told) => {
  expect(tellingLine(lines)).toBe(told);
});

test('a process is known by more than its number', () => {
  const life = lifeOf(process.pid);
  expect(life).toMatch(/^[0-9a-f-]{36}:\d+$/);
  expect(lifeOf(process.pid)).toBe(life);
  expect([lifeOf(0), lifeOf(-1), lifeOf(2 ** 22 + 1)]).toEqual([null, null, null]);
  expect(signalLife(process.pid, `${life}0`, 'SIGKILL'), 'another life').toBe(false);
  expect(residentBytes(process.pid)).toBeGreaterThan(10_000_000);
});

describe('the file that a host writes to', () => {
  const file = () => {
    const log = new LogFile(join(mkdtempSync(join(tmpdir(), 'cellkeep-log-')), 'host.log'));
    const descriptor = log.open();
    return { log, write: (text: string) => writeFileSync(descriptor, text) };
  };
  test('is read line by line, each once, and the last without its end when the host has ended', () => {
    const { log, write } = file();
    write('one\ntwo\nthr');
    expect(log.read()).toEqual(['one', 'two']);
    write('ee\n\n  \nfour');
    expect(log.read()).toEqual(['three']);
    expect(log.read(true)).toEqual(['four']);
    expect(log.read()).toEqual([]);
  });
  test('is cut before it grows, and what was too much is counted', () => {
    const { log, write } = file();
    write(`${'x'.repeat(99)}\n`.repeat(60_000));
    const lines = log.read();
    expect(lines[0]).toBe(`… ${6_000_000 - 65_536} bytes left out`);
    expect(lines.length).toBeLessThan(700);
    write('after\n');
    expect(log.read()).toEqual(['after']);
  });
  test('with a line that never ends is bounded', () => {
    const { log, write } = file();
    write('y'.repeat(50_000));
    expect(log.read()).toEqual([]);
    write('\n');
    expect(log.read()[0]).toHaveLength(2_000);
  });
});
