// What the person sees while something starts: lines on stderr, so that stdout stays free for --json.

/** An error that is one clear line for the person: what is wrong and what to do. Nothing else of it is shown. */
export class PlainError extends Error {}

/** @param {string} line */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** @param {number} since from performance.now() */
export const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/**
 * Says what is under way and, when it is done, how long it took. An answer of `false` means that it could not be done.
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const since = performance.now();
  say(`  … ${title}`);
  const result = await work();
  say(`  ${result === false ? '–' : '✓'} ${title} (${seconds(since)})`);
  return result;
}

/**
 * Runs `main`; a PlainError ends the process with its line alone, anything else with its stack.
 * @param {() => Promise<void>} main
 */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    const text = error instanceof PlainError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
    say(`cellkeep: ${text}`);
    process.exitCode = 1;
  }
}
