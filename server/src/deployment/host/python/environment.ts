/** Asks the package cellkeep for the interpreter that a model is asked in; see kernel-bridge/src/cellkeep/serving/prepare.py. */
import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import type { Bundle } from '@cellkeep/schema/registry';
import { ModelFailure } from '../model.ts';
import { killGroup, surroundings } from './childSurroundings.ts';
import { keepForModel } from './environments.ts';

export interface PythonEnvironment {
  /** Path of the interpreter. */
  python: string;
  /** What it is started with. */
  folder: string;
  environment: 'same' | 'reused' | 'rebuilt';
}

export interface PrepareOptions {
  /** Interpreter with the package cellkeep; empty: none is known here. */
  python: string;
  /** Folder in which environments are kept. */
  cache: string;
  say: (line: string) => void;
  signal?: AbortSignal;
}

type Told = { progress: string } | PythonEnvironment | { error: string; packages: string[] };

/**
 * The environment of the model in this folder, which is kept from now on as long as a release is of that model.
 * @throws {ModelFailure} with the packages that do not install any more
 */
export async function environmentOfModel(bundle: Bundle, folder: string, options: PrepareOptions): Promise<PythonEnvironment> {
  for (;;) {
    const found = await prepareEnvironment(bundle, options);
    if (await keepForModel(found.python, basename(folder), options.cache)) return found;
  }
}

/** @throws {ModelFailure} with the packages that do not install any more */
export async function prepareEnvironment({ python: told }: Bundle, options: PrepareOptions): Promise<PythonEnvironment> {
  if (!told) throw new ModelFailure('the bundle names no Python model');
  const { python, cache, say, signal } = options;
  if (!python) {
    throw new ModelFailure('this model needs Python, and no interpreter with the package cellkeep is known here; set CELLKEEP_PYTHON');
  }
  const child = spawn(python, ['-m', 'cellkeep.serving.prepare'], {
    cwd: cache,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...surroundings(cache, { installs: true }), XDG_CACHE_HOME: cache },
  });
  const stop = () => killGroup(child.pid);
  signal?.addEventListener('abort', stop);
  try {
    child.stdin.on('error', () => {}); // its exit says why
    child.stdin.end(`${JSON.stringify({ python: told.version, requirements: told.requirements })}\n`);
    let [lastWords, found]: [string, Told | null] = ['', null];
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      lastWords = (lastWords + text).slice(-2_000);
    });
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, by) => resolve(lastWords.trim() || `it ended with ${by ?? code}`));
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const one = readTold(line);
      if (one && 'progress' in one) say(one.progress);
      else if (one) found = one;
    }
    const words = await ended;
    if (!found) throw new ModelFailure(`the environment of this model cannot be found out: ${words}`);
    if ('error' in found) throw new ModelFailure(found.error);
    return found as PythonEnvironment;
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
  }
}

function readTold(line: string): Told | null {
  try {
    return JSON.parse(line) as Told;
  } catch {
    return null; // what a library prints
  }
}
