// A program that is kept running: started again, with back-off, when it ends by itself, until it is stopped.
import { setTimeout as delay } from 'node:timers/promises';
import { identify, stopProcess } from './processes.mjs';
import { say } from './progress.mjs';

const FIRST_PAUSE = 500; // ms; doubled up to the longest
const LONGEST_PAUSE = 30_000;
const SETTLED = 60_000; // after so long alive the next end counts as the first

/**
 * @template Ready
 * @typedef {object} Launch
 * @property {import('node:child_process').ChildProcess} child
 * @property {Promise<Ready>} ready rejects with one clear line where the program ends or takes too long before it is ready
 */

/**
 * @template Ready
 * @typedef {object} ProgramOptions
 * @property {string} name as people know it
 * @property {() => Launch<Ready>} launch
 * @property {(identity: import('./processes.mjs').Identity) => void} onLaunch
 * @property {(ready: Ready) => void} onReadyAgain
 * @property {() => Promise<void>} [cleanUp] before it is started again, and after it was stopped
 */

/** @template Ready */
export class Program {
  /** @type {import('./processes.mjs').Identity | null} */
  #identity = null;
  #stopping = new AbortController();
  /** @type {ProgramOptions<Ready>} */
  #options;

  /** @param {ProgramOptions<Ready>} options */
  constructor(options) {
    this.#options = options;
  }

  /** @returns {Promise<Ready>} */
  async start() {
    const launch = this.#launch();
    const ready = await launch.ready;
    void this.#keepRunning(launch.child);
    return ready;
  }

  /** @returns {Promise<boolean>} whether it stopped when asked */
  async stop(patience = 10_000) {
    this.#stopping.abort();
    const stopped = this.#identity ? await stopProcess(this.#identity, { patience }) : true;
    await this.#options.cleanUp?.();
    return stopped;
  }

  #launch() {
    const launch = this.#options.launch();
    this.#identity = launch.child.pid === undefined ? null : identify(launch.child.pid);
    if (this.#identity) this.#options.onLaunch(this.#identity);
    return launch;
  }

  /** @param {import('node:child_process').ChildProcess} first */
  async #keepRunning(first) {
    let child = first;
    let pause = FIRST_PAUSE;
    for (;;) {
      const since = performance.now();
      const end = await endOf(child);
      if (this.#stopping.signal.aborted) return;
      if (performance.now() - since > SETTLED) pause = FIRST_PAUSE;
      say(`${this.#options.name} ended (${end}); starting it again in ${pause / 1000} s`);
      await delay(pause, undefined, { signal: this.#stopping.signal }).catch(() => {});
      if (this.#stopping.signal.aborted) return;
      pause = Math.min(pause * 2, LONGEST_PAUSE);
      await this.#options.cleanUp?.();
      const launch = this.#launch();
      child = launch.child;
      try {
        this.#options.onReadyAgain(await launch.ready);
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        say(`${this.#options.name}: ${error instanceof Error ? error.message : error}`);
        if (this.#identity) await stopProcess(this.#identity); // alive but never ready is as good as ended
      }
    }
  }
}

/** @param {import('node:child_process').ChildProcess} child @returns {Promise<string>} */
function endOf(child) {
  const told = () => (child.signalCode ? `signal ${child.signalCode}` : `exit code ${child.exitCode}`);
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(told());
  return new Promise((resolve) => child.once('exit', () => resolve(told())));
}
