// `npm start`: from a fresh clone to two addresses that log the person in, and an orderly end. See options.mjs for what can be asked.
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { bootstrap } from './bootstrap.mjs';
import { openBrowser } from './browser.mjs';
import { endCommands } from './commands.mjs';
import { endWhenAsked } from './endWhenAsked.mjs';
import { claimHome, filesOf, jupyterToken, stopKernels } from './home.mjs';
import { launchJupyter } from './jupyter.mjs';
import { HELP, parseStartOptions, UsageError } from './options.mjs';
import { settlePort } from './ports.mjs';
import { stopLeftPostgres } from './postgres.mjs';
import { Program } from './program.mjs';
import { PlainError, runMain, say, seconds } from './progress.mjs';
import { launchServer } from './trackingServer.mjs';

/** @typedef {import('./options.mjs').StartOptions} StartOptions */
/** @typedef {Awaited<ReturnType<typeof claimHome>>} Claim */

/** Programs in the order in which they are to stop: JupyterLab with its kernels, then the server with its Postgres. @type {Program<any>[]} */
const programs = [];
/** @type {(() => void)[]} */
const onStopping = [];
/** @type {(() => void | Promise<void>)[]} */
const onEnd = [];
let ready = false;
/** @type {Promise<void> | null} */
let stopping = null;

async function main() {
  const options = readOptions();
  if (!options) return;
  const since = performance.now();
  endWhenAsked((how) => void end(ready ? 0 : 130, how));
  try {
    await start(options, since);
  } catch (error) {
    if (stopping) return; // ended by the person: what broke off because of that is no news
    await end(1);
    throw error;
  }
}

function readOptions() {
  try {
    const options = parseStartOptions(process.argv.slice(2), process.env, process.env.INIT_CWD);
    if (!options.help) return options;
    process.stdout.write(`${HELP}\n`);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    say(`cellkeep: ${error.message}`);
    process.exitCode = 2;
  }
  return null;
}

/** @param {StartOptions} options @param {number} since */
async function start(options, since) {
  say('Cellkeep');
  const claim = await claimHome(options.home);
  onStopping.push(() => claim.note({ stopping: true }));
  onEnd.push(() => claim.release());
  onEnd.push(() => stopLeftPostgres(options.home));
  requireFolder(options);
  const port = await settlePort(options.port, 'the server', '--port');
  const jupyterPort = options.serverOnly ? 0 : await settlePort(options.jupyterPort, 'JupyterLab', '--jupyter-port');
  await bootstrap({ serverOnly: options.serverOnly });
  if (stopping) return;

  const server = serverProgram(options, port, claim);
  const keptToken = readToken(options.home);
  const starting = server.start();
  // The token is known before the server is ready on every start but the first, so both come up at once: half the time.
  if (keptToken === null) await starting.catch(() => {});
  const jupyter = options.serverOnly ? null : jupyterProgram(options, { port, jupyterPort, claim });
  const [served, jupyterUrl] = await both(starting, jupyter?.start());
  if (stopping) return;
  if (jupyter && keptToken !== null && keptToken !== served.token)
    throw new PlainError(`the server does not know the token in ${filesOf(options.home).token}: remove that file, then start again`);
  announce(options, { ready: served, jupyterUrl, claim, since });
  ready = true;
}

/** Waits for both before it fails, so that `end` finds neither half-way. @template A, B @param {Promise<A>} a @param {Promise<B> | undefined} b @returns {Promise<[A, B | undefined]>} */
async function both(a, b) {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}

/** @param {StartOptions} options @param {number} port @param {Claim} claim */
function serverProgram(options, port, claim) {
  /** @type {Program<import('./trackingServer.mjs').ServerReady>} */
  const program = new Program({
    name: 'the server',
    launch: () => launchServer({ home: options.home, port }),
    onLaunch: (identity) => claim.note({ server: identity }),
    onReadyAgain: (ready) => say(`the server is back: ${ready.login}`),
  });
  programs.push(program);
  return program;
}

/** @param {StartOptions} options @param {{ port: number, jupyterPort: number, claim: Claim }} settled */
function jupyterProgram(options, { port, jupyterPort, claim }) {
  jupyterToken(options.home);
  const program = new Program({
    name: 'JupyterLab',
    launch: () => {
      const server = { url: `http://127.0.0.1:${port}`, token: readToken(options.home) ?? '' };
      return launchJupyter({ home: options.home, port: jupyterPort, notebooks: options.notebooks, server });
    },
    onLaunch: (identity) => claim.note({ jupyter: identity }),
    onReadyAgain: () => say('JupyterLab is back'),
    cleanUp: () => stopKernels(options.home),
  });
  programs.unshift(program);
  return program;
}

/** @param {StartOptions} options @param {{ ready: import('./trackingServer.mjs').ServerReady, jupyterUrl: string | undefined, claim: Claim, since: number }} state */
function announce(options, { ready, jupyterUrl, claim, since }) {
  const jupyter = jupyterUrl ? `${jupyterUrl}lab?token=${jupyterToken(options.home)}` : null;
  claim.note({ addresses: jupyterUrl ? [jupyterUrl, ready.server] : [ready.server] });
  say(`\n  Ready in ${seconds(since)}. These addresses log you in:\n`);
  if (jupyter) say(`    JupyterLab  ${jupyter}`);
  say(`    Server UI   ${ready.login}\n`);
  say('  Ctrl-C stops everything.');
  if (options.json) process.stdout.write(`${JSON.stringify({ server: ready.server, jupyter, token: ready.token })}\n`);
  if (options.browser) openBrowser(jupyter ?? ready.login);
}

/**
 * Stops everything in order, once.
 * @param {number} code
 * @param {'asked' | 'at once'} [how] the person's wish; without it something went wrong
 */
async function end(code, how) {
  if (how === 'at once') for (const program of programs) void program.stop(0);
  stopping ??= (async () => {
    if (how) say(programs.length > 0 ? '\n  stopping JupyterLab, the server and Postgres (once more: at once)' : '\n  stopped');
    endCommands();
    for (const tell of onStopping) tell();
    for (const program of programs) await program.stop();
    for (const last of onEnd.reverse()) await last();
    process.exitCode = code;
  })();
  await stopping;
  if (how) process.exit(code);
}

/** @param {string} home @returns {string | null} */
function readToken(home) {
  const { token } = filesOf(home);
  return existsSync(token) ? readFileSync(token, 'utf8').trim() || null : null;
}

/** @param {StartOptions} options */
function requireFolder({ notebooks, serverOnly }) {
  if (serverOnly) return;
  const stat = statSync(notebooks, { throwIfNoEntry: false });
  if (stat && !stat.isDirectory()) throw new PlainError(`--notebooks ${notebooks} is a file; give a folder`);
  if (!stat) mkdirSync(notebooks, { recursive: true });
}

await runMain(main);
