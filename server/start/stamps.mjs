// Content stamps: something is made again only when what it is made from has changed. Hashes rather than times, because a clone, a
// checkout of another branch and `touch` all lie about times. Reading the whole source tree takes about 30 ms.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inCheckout } from './checkout.mjs';

const LEFT_OUT = new Set(['node_modules', 'dist', 'lib', 'labextension', '__pycache__', '.ipynb_checkpoints']);
const TEST_FILE = /\.test\.tsx?$|\.tsbuildinfo$|\.pyc$/;

/**
 * A digest of names and contents of files and folders; what is missing counts as missing. Tests and build outputs are left out.
 * @param {string[]} paths relative to the checkout
 * @param {string[]} [also] further words that the result depends on
 */
export function digestOf(paths, also = []) {
  const hash = createHash('sha256');
  for (const word of also) hash.update(`${word}\0`);
  for (const path of paths) addPath(hash, inCheckout(path), path);
  return hash.digest('hex');
}

/** @param {import('node:crypto').Hash} hash @param {string} file @param {string} name */
function addPath(hash, file, name) {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat) return void hash.update(`${name}\0missing\0`);
  if (!stat.isDirectory()) return void hash.update(`${name}\0${stat.size}\0`).update(readFileSync(file));
  for (const entry of readdirSync(file).sort()) {
    if (!LEFT_OUT.has(entry) && !TEST_FILE.test(entry)) addPath(hash, join(file, entry), `${name}/${entry}`);
  }
}

/** @param {string} stamp file @param {string} digest */
export function isFresh(stamp, digest) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === digest;
}

/** Written last, so that interrupted work is done again. @param {string} stamp @param {string} digest */
export function writeStamp(stamp, digest) {
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, digest);
}

/** @param {string} stamp */
export function clearStamp(stamp) {
  rmSync(stamp, { force: true });
}
