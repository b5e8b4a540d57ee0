// The options of `npm start`, checked before anything is installed.

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { checkout, examples } from './checkout.mjs';

export const HELP = `Usage: npm start -- [options]

Installs what is missing, starts the Cellkeep server (with its own Postgres) and JupyterLab, and prints two addresses that log you in.
Ctrl-C stops everything.

  --server-only        start the server and its UI, without JupyterLab (and without Python)
  --port N             port of the server (default 5077; 0 takes a free one)
  --jupyter-port N     port of JupyterLab (default 8888; 0 takes a free one)
  --home DIR           where database, files and logs lie (default $CELLKEEP_HOME, else .cellkeep in this checkout)
  --notebooks DIR      folder that JupyterLab opens (default kernel-bridge/examples)
  --no-browser         open no browser
  --json               print one line {"server": …, "jupyter": …, "token": …} on stdout once ready; all else goes to stderr
                       (npm prints its own heading on stdout unless you write: npm start --silent -- --json)
  --help               show this

Environment: DATABASE_URL   use that Postgres and start none
             CELLKEEP_HOME  as --home
             CELLKEEP_PYTHON  the Python to make the environment with`;

/** Wrong options: shown with a pointer to --help; the process ends with 2. */
export class UsageError extends Error {}

/**
 * @typedef {object} StartOptions
 * @property {boolean} help
 * @property {boolean} serverOnly
 * @property {number} port
 * @property {number} jupyterPort
 * @property {string} home absolute
 * @property {string} notebooks absolute
 * @property {boolean} browser
 * @property {boolean} json
 */

/**
 * @param {string[]} args
 * @param {Record<string, string | undefined>} env
 * @param {string} [from] folder that relative paths start at
 * @returns {StartOptions}
 */
export function parseStartOptions(args, env, from = process.cwd()) {
  const values = readArgs(args);
  // `npm start --json` without the two dashes hands --json to npm, which tells us in this variable.
  const json = values.json === true || env.npm_config_json === 'true';
  return {
    help: values.help === true,
    serverOnly: values['server-only'] === true,
    port: portOf('--port', values.port, 5077),
    jupyterPort: portOf('--jupyter-port', values['jupyter-port'], 8888),
    home: resolve(from, folderOf('--home', values.home) ?? (env.CELLKEEP_HOME || resolve(checkout, '.cellkeep'))),
    notebooks: resolve(from, folderOf('--notebooks', values.notebooks) ?? examples),
    browser: values['no-browser'] !== true && !json,
    json,
  };
}

/** @param {string[]} args */
function readArgs(args) {
  try {
    return parseArgs({
      args,
      strict: true,
      allowPositionals: false,
      options: {
        help: { type: 'boolean', short: 'h' },
        'server-only': { type: 'boolean' },
        port: { type: 'string' },
        'jupyter-port': { type: 'string' },
        home: { type: 'string' },
        notebooks: { type: 'string' },
        'no-browser': { type: 'boolean' },
        json: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split(/\. |\n/);
    throw new UsageError(`${reason.replace(/\.$/, '')}; options come after two dashes (npm start -- --port 5078), and --help lists them`);
  }
}

/** @param {string} name @param {string | undefined} value @param {number} otherwise */
function portOf(name, value, otherwise) {
  if (value === undefined) return otherwise;
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65535)
    throw new UsageError(`${name} '${value}' is no port; give a number from 0 to 65535`);
  return Number(value);
}

/** @param {string} name @param {string | undefined} value */
function folderOf(name, value) {
  if (value === '') throw new UsageError(`${name} is empty; give a folder`);
  return value;
}
