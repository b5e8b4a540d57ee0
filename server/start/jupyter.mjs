// JupyterLab as a child, with settings of its own below the home folder: the person's ~/.jupyter may hold a password, another port or
// extensions for another version. Nothing it does here calls out to the internet.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { python, venv } from './checkout.mjs';
import { filesOf, openLog } from './home.mjs';
import { lastWords } from './lastWords.mjs';
import { PlainError } from './progress.mjs';

const PATIENCE = 60_000; // ms

/**
 * @param {{ home: string, port: number, notebooks: string, server: { url: string, token: string } }} options
 * @returns {import('./program.mjs').Launch<string>} ready: its address, without the token
 */
export function launchJupyter({ home, port, notebooks, server }) {
  const files = filesOf(home);
  const log = openLog(home, 'jupyter');
  const args = [
    '--no-browser',
    '--ServerApp.ip=127.0.0.1',
    `--ServerApp.port=${port}`,
    '--ServerApp.port_retries=0',
    `--ServerApp.root_dir=${notebooks}`,
    '--LabApp.extension_manager=readonly',
    '--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate',
    '--LanguageServerManager.autodetect=False',
  ];
  if (process.getuid?.() === 0) args.push('--allow-root');
  const env = {
    ...process.env,
    PATH: `${join(venv, 'bin')}${delimiter}${process.env.PATH ?? ''}`, // `!pip` in a cell means this environment
    VIRTUAL_ENV: venv,
    // Threads of scikit-learn that spin while they wait take the cores from page and server, and from each other: 3 times slower here.
    OMP_WAIT_POLICY: process.env.OMP_WAIT_POLICY ?? 'PASSIVE',
    PYTHONHOME: undefined,
    // Tokens go by environment and file, never by command line, where every user of the machine could read them.
    CELLKEEP_URL: server.url,
    CELLKEEP_TOKEN: server.token,
    JUPYTER_TOKEN: undefined,
    JUPYTER_TOKEN_FILE: files.jupyterToken,
    JUPYTER_CONFIG_DIR: join(files.jupyter, 'config'),
    JUPYTER_DATA_DIR: join(files.jupyter, 'data'),
    JUPYTER_RUNTIME_DIR: files.runtime,
  };
  const child = spawn(python, ['-m', 'jupyterlab', ...args], {
    cwd: notebooks,
    detached: true,
    stdio: ['ignore', log.descriptor, log.descriptor],
    env,
  });
  return { child, ready: answering(child, join(files.runtime, `jpserver-${child.pid}.json`), log) };
}

/**
 * Jupyter writes its server file once it listens, and answers a little later.
 * @param {import('node:child_process').ChildProcess} child
 * @param {string} serverFile
 * @param {{ file: string, from: number }} log
 */
async function answering(child, serverFile, log) {
  const deadline = performance.now() + PATIENCE;
  let failure = '';
  child.once('error', (error) => {
    failure = error.message;
  });
  while (performance.now() < deadline) {
    if (failure) throw new PlainError(`JupyterLab could not be started: ${failure}`);
    if (child.exitCode !== null || child.signalCode !== null) throw new PlainError(lastWords(log, 'JupyterLab ended before it was ready'));
    const url = existsSync(serverFile) ? urlIn(serverFile) : null;
    if (url && (await answers(`${url}api`))) return url;
    await delay(40);
  }
  throw new PlainError(`JupyterLab is not ready after ${PATIENCE / 1000} s; see ${log.file}`);
}

/** @param {string} serverFile @returns {string | null} null while it is being written */
function urlIn(serverFile) {
  try {
    const { port, base_url: base } = JSON.parse(readFileSync(serverFile, 'utf8'));
    return `http://127.0.0.1:${port}${base}`;
  } catch {
    return null;
  }
}

/** @param {string} url */
async function answers(url) {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}
