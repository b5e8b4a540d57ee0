// What a program said before it ended, from its log: the server ends with one line for people, after its JSON log lines.
import { closeSync, openSync, readSync, statSync } from 'node:fs';

const TAIL = 16 * 1024; // bytes

/**
 * @param {{ file: string, from: number }} log `from`: where this launch began to write
 * @param {string} otherwise
 */
export function lastWords({ file, from }, otherwise) {
  const lines = tailOf(file, from).split('\n');
  const told = lines.filter((line) => line.trim() !== '' && !line.startsWith('{') && !/^\s+at |^Node\.js v|\(Use `node --trace/.test(line));
  const own = told.findLast((line) => line.startsWith('cellkeep: '));
  if (own) return own.slice('cellkeep: '.length);
  if (told.length === 0) return `${otherwise}; see ${file}`;
  return `${otherwise}; the end of ${file}:\n${told.slice(-8).join('\n')}`;
}

/** @param {string} file @param {number} from */
function tailOf(file, from) {
  const { size } = statSync(file);
  const start = Math.max(from, size - TAIL);
  const bytes = Buffer.alloc(Math.max(0, size - start));
  const descriptor = openSync(file, 'r');
  readSync(descriptor, bytes, 0, bytes.length, start);
  closeSync(descriptor);
  return bytes.toString('utf8');
}
