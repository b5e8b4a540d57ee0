// Finds a Python that can hold JupyterLab, and says whether it can make a virtual environment: Debian takes `ensurepip` out of its
// Python unless python3-venv is installed, and then `python3 -m venv` fails half-way.
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { capture } from './commands.mjs';
import { PlainError } from './progress.mjs';

const OLDEST_MINOR = 10; // of Python 3
const PROBE =
  'import sys, importlib.util as u; print(sys.version_info[0], sys.version_info[1], sys.executable, ' +
  'u.find_spec("venv") is not None and u.find_spec("ensurepip") is not None, u.find_spec("virtualenv") is not None, u.find_spec("pip") is not None, sep="|")';

/**
 * @typedef {{ command: string, version: string, makesVenv: boolean, hasVirtualenv: boolean, hasPip: boolean }} FoundPython
 */

/** @returns {Promise<FoundPython>} one that makes environments by itself where there is one, else the first that is new enough */
export async function findPython() {
  const found = [];
  const tooOld = [];
  for (const candidate of candidates()) {
    const python = await probe(candidate);
    if (!python) continue;
    const [major = 0, minor = 0] = python.version.split('.').map(Number);
    if (major < 3 || (major === 3 && minor < OLDEST_MINOR)) tooOld.push(`${python.command} is ${python.version}`);
    else if (python.makesVenv) return python;
    else found.push(python);
  }
  const [first] = found;
  if (first) return first;
  const seen = tooOld.length > 0 ? ` (${[...new Set(tooOld)].join(', ')})` : '';
  throw new PlainError(
    `no Python 3.10 or later found${seen}: install one (Debian: apt-get install python3 python3-venv) or name it in CELLKEEP_PYTHON, then run the command again`,
  );
}

/** @returns {Promise<FoundPython | null>} @param {string} command */
async function probe(command) {
  const env = { PYTHONHOME: undefined, PYTHONPATH: undefined };
  const { code, stdout } = await capture(command, ['-c', PROBE], { cwd: '/', env });
  if (code !== 0) return null;
  const [major, minor, executable, venv, virtualenv, pip] = stdout.trim().split('|');
  return {
    command: executable || command,
    version: `${major}.${minor}`,
    makesVenv: venv === 'True',
    hasVirtualenv: virtualenv === 'True',
    hasPip: pip === 'True',
  };
}

/** The person's own choice, then what `python3` means here, then the usual names and pyenv's folders, newest first. */
function candidates() {
  const chosen = process.env.CELLKEEP_PYTHON;
  if (chosen) return [chosen];
  const names = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10', '/usr/bin/python3', 'python'];
  const pyenv = join(process.env.PYENV_ROOT ?? join(homedir(), '.pyenv'), 'versions');
  if (!existsSync(pyenv)) return names;
  const versions = readdirSync(pyenv).filter((name) => /^3\.1[0-3]\./.test(name));
  versions.sort((a, b) => Number(b.split('.')[1]) - Number(a.split('.')[1]));
  return [...names, ...versions.map((name) => join(pyenv, name, 'bin/python3'))];
}
