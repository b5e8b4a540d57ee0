import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { checkout } from './checkout.mjs';
import { parseStartOptions, UsageError } from './options.mjs';

test('without options the server, JupyterLab and a browser start on the usual ports, at home in the checkout', () => {
  expect(parseStartOptions([], {}, '/from')).toEqual({
    help: false,
    serverOnly: false,
    port: 5077,
    jupyterPort: 8888,
    home: resolve(checkout, '.cellkeep'),
    notebooks: resolve(checkout, 'kernel-bridge/examples'),
    browser: true,
    json: false,
  });
});

test('folders are relative to where the command was typed', () => {
  const { home, notebooks } = parseStartOptions(['--home', 'mine', '--notebooks=/n'], { CELLKEEP_HOME: '/env' }, '/from');
  expect([home, notebooks]).toEqual(['/from/mine', '/n']);
});

test('CELLKEEP_HOME is the home where --home does not say otherwise', () => {
  expect(parseStartOptions([], { CELLKEEP_HOME: '/env' }, '/from').home).toBe('/env');
});

test('--json is for scripts, so it opens no browser', () => {
  expect(parseStartOptions(['--json'], {})).toMatchObject({ json: true, browser: false });
});

test('npm start --json, without the two dashes, means --json too', () => {
  expect(parseStartOptions([], { npm_config_json: 'true' })).toMatchObject({ json: true });
});

test.each([
  [['--bogus'], /Unknown option '--bogus'.*--help/],
  [['5078'], /Unexpected argument '5078'.*two dashes/],
  [['--port'], /'--port <value>' argument missing/],
  [['--port', 'high'], /--port 'high' is no port/],
  [['--port', '65536'], /--port '65536' is no port/],
  [['--jupyter-port', '-1'], /'--jupyter-port/],
  [['--home', ''], /--home is empty/],
])('%j is refused with one line that says why', (args, reason) => {
  const refused = () => parseStartOptions(args, {});
  expect(refused).toThrow(UsageError);
  expect(refused).toThrow(reason);
});
