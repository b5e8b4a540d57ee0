// Runs the programs that install and build, quietly: their output is shown only when they fail, and the usual failures (no network, no
// space) become one line. Whatever still runs when the person presses Ctrl-C is ended with us.
import { spawn } from 'node:child_process';
import { checkout } from './checkout.mjs';
import { PlainError } from './progress.mjs';

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/** Ends every command that `run` has under way. @param {NodeJS.Signals} [signal] */
export function endCommands(signal = 'SIGTERM') {
  for (const child of running) child.kill(signal);
}

/**
 * Runs to the end and gives its output; fails with a PlainError.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, doing: string, remedy?: string }} options `doing` names it in errors
 * @returns {Promise<string>} stdout
 */
export async function run(command, args, options) {
  const result = await capture(command, args, options);
  if (result.code === 0) return result.stdout;
  throw new PlainError(explain(options.doing, result.output, options.remedy));
}

/**
 * As `run`, but a failure is an answer: code is null where the program is missing or was ended by a signal.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined> }} [options]
 * @returns {Promise<{ code: number | null, stdout: string, output: string }>}
 */
export function capture(command, args, options = {}) {
  return new Promise((resolve) => {
    let stdout = '';
    let output = '';
    const env = options.env ? { ...process.env, ...options.env } : process.env;
    const child = spawn(command, args, { cwd: options.cwd ?? checkout, env, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.on('error', (error) => {
      running.delete(child);
      resolve({ code: null, stdout, output: `${output}${error.message}\n` });
    });
    child.on('close', (code) => {
      running.delete(child);
      resolve({ code, stdout, output });
    });
  });
}

/** Waits for every one before it fails, so that nothing goes on working behind an error. @param {Promise<void>[]} works */
export async function all(works) {
  const results = await Promise.allSettled(works);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/** @param {string} doing @param {string} output @param {string} [remedy] */
export function explain(doing, output, remedy = 'mend that, then run the command again') {
  if (/ENOSPC|No space left on device/i.test(output))
    return `${doing}: no space left on the disk that holds ${checkout}; free some, then run the command again`;
  if (
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT|name resolution|Failed to establish a new connection|dns error/i.test(output)
  ) {
    return `${doing}: the package registry cannot be reached; check the network (or the proxy settings), then run the command again`;
  }
  const tail = output.trimEnd().split('\n').slice(-25).join('\n');
  return `${doing} failed: ${remedy}. Its last lines:\n${tail}`;
}
