/** Whether this server verifies runs itself, with which Python, and within which limits. Read once, when it starts. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PlainError } from '../core/plainError.ts';

export interface VerifySettings {
  /** Interpreter of an environment that holds the package cellkeep. */
  python: string;
  /** Why nothing is verified here, with what to do about it; null: it is. */
  off: string | null;
  /** Verifications side by side. */
  atOnce: number;
  /** MiB of data that each process of a verification may have. */
  memory: number;
  /** Where scratch folders and built environments lie. */
  folder: string;
}

const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

/**
 * The cells of whoever logged a run are executed as the server's own user, so the default is `auto`: only where the server is reached from
 * its own machine alone, which whoever can reach it may use anyway.
 * @param venvs environments to look in, the first that is there counts
 */
export function readVerifySettings(
  env: NodeJS.ProcessEnv,
  { host, home, venvs }: { host: string; home: string; venvs: readonly string[] },
): VerifySettings {
  const word = env.CELLKEEP_VERIFY || 'auto';
  if (!['on', 'off', 'auto'].includes(word)) throw new PlainError(`CELLKEEP_VERIFY=${word}: choose on, off or auto`);
  const found = [env.CELLKEEP_VERIFY_PYTHON, ...venvs.map(pythonOf), env.VIRTUAL_ENV && pythonOf(env.VIRTUAL_ENV), env.CELLKEEP_PYTHON];
  const python = found.find((path) => path && existsSync(path)) ?? '';
  return {
    python,
    off: whyOff(word, host, python),
    atOnce: whole(env, 'CELLKEEP_VERIFY_AT_ONCE', 1, 64),
    memory: whole(env, 'CELLKEEP_VERIFY_MEMORY', 8_192, 1_048_576),
    folder: join(home, 'verify'),
  };
}

const pythonOf = (venv: string) => join(venv, 'bin/python');

function whyOff(word: string, host: string, python: string): string | null {
  if (word === 'off') return 'verification on this server is turned off (CELLKEEP_VERIFY=off)';
  if (word === 'auto' && !LOOPBACK.includes(host))
    return `this server listens on ${host}, and cells would run as its own user; start it with CELLKEEP_VERIFY=on if that is wanted`;
  if (!python) return 'this server knows no Python with the package cellkeep; name one in CELLKEEP_VERIFY_PYTHON';
  return null;
}

function whole(env: NodeJS.ProcessEnv, name: string, otherwise: number, most: number): number {
  const text = env[name];
  if (!text) return otherwise;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new PlainError(`${name}=${text}: a whole number from 1 to ${most} is needed`);
}
