// What Node compiles for the suites is kept from run to run, and not for ever.
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inCheckout } from './checkout.mjs';

const KEPT = inCheckout('.build/compiled');

/**
 * Hundreds of kernels, servers and hosts are started, each of which would read and compile the same sources anew: where the caller's
 * environment forbids Python to write down what it has compiled, as containers do, that was a second of each start.
 */
export const COMPILED_ONCE = { PYTHONDONTWRITEBYTECODE: undefined, NODE_COMPILE_CACHE: KEPT };

const MOST = 128 * 2 ** 20; // bytes; the first run of all suites in a new checkout leaves 21 MiB in 6,300 files

/**
 * Node adds to the folder and takes nothing out of it, be it of packages that are gone or of files that tests made in folders of their
 * own. To be called before suites start.
 */
export function clearWhereLarge(folder = KEPT, most = MOST) {
  if (sizeOf(folder) > most) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** @param {string} folder */
function sizeOf(folder) {
  if (!existsSync(folder)) return 0;
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) =>
    statSync(join(folder, name), { throwIfNoEntry: false }),
  );
  return files.reduce((size, file) => size + (file?.isFile() ? file.size : 0), 0);
}
