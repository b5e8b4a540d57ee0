// The Cellkeep server as a child: its own session, so that Ctrl-C in the terminal reaches only the launcher, which stops things in order.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { inCheckout, node } from './checkout.mjs';
import { openLog } from './home.mjs';
import { lastWords } from './lastWords.mjs';
import { PlainError } from './progress.mjs';

const PATIENCE = 60_000; // ms; a first start makes a database, a start after a crash replays its log

/** @typedef {{ server: string, token: string, login: string, pid: number }} ServerReady */

/**
 * @param {{ home: string, port: number }} options
 * @returns {import('./program.mjs').Launch<ServerReady>}
 */
export function launchServer({ home, port }) {
  const log = openLog(home, 'server');
  const args = [inCheckout('server/dist/cellkeep-server.mjs'), 'serve', '--json', '--port', String(port), '--home', home];
  // Without --enable-source-maps: the parsed map took 44 MiB of the server's 97, and 0.2 s of each start. The bundle keeps its names; who
  // needs lines of the sources sets NODE_OPTIONS=--enable-source-maps.
  const child = spawn(node, [...nodeFlags(), ...args], {
    cwd: home,
    detached: true,
    stdio: ['ignore', 'pipe', log.descriptor],
    env: process.env,
  });
  return { child, ready: firstLine(child, log) };
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {{ file: string, from: number }} log
 * @returns {Promise<ServerReady>}
 */
function firstLine(child, log) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new PlainError(`the server is not ready after ${PATIENCE / 1000} s; see ${log.file}`)), PATIENCE);
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
      for (const line of text.split('\n').slice(0, -1)) {
        const ready = asReady(line);
        if (!ready) continue;
        clearTimeout(late);
        resolve(ready);
      }
    });
    child.once('error', (error) => {
      clearTimeout(late);
      reject(new PlainError(`the server could not be started: ${error.message}`));
    });
    child.once('exit', () => {
      clearTimeout(late);
      reject(new PlainError(lastWords(log, 'the server ended before it was ready')));
    });
  });
}

/** @param {string} line @returns {ServerReady | null} */
function asReady(line) {
  try {
    const value = JSON.parse(line);
    return typeof value?.server === 'string' ? value : null;
  } catch {
    return null;
  }
}

/** As the installed program is started: its first line has them. */
function nodeFlags() {
  const [first = ''] = readFileSync(inCheckout('server/start/serverBin.mjs'), 'utf8').split('\n');
  return first.split(' ').filter((word) => word.startsWith('--'));
}
