// `npm run lock:python`: resolves kernel-bridge/requirements*.in to exact versions with hashes, once for every Python from 3.10 on (what
// differs between them carries a marker), so that pip and uv install the same files everywhere. Uses uv, fetched where it is missing.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture, run } from './commands.mjs';
import { findPython } from './findPython.mjs';
import { runMain, step } from './progress.mjs';

const FOLDER = 'kernel-bridge';

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'cellkeep-lock-'));
  try {
    const uv = (await capture('uv', ['--version'])).code === 0 ? 'uv' : await fetchUv(folder);
    const compile = (/** @type {string[]} */ ...args) =>
      run(
        uv,
        [
          'pip',
          'compile',
          '--quiet',
          '--upgrade',
          '--universal',
          '--python-version',
          '3.10',
          '--generate-hashes',
          '--custom-compile-command',
          'npm run lock:python',
          ...args,
        ],
        {
          doing: 'resolving Python versions',
        },
      );
    await step('requirements.lock', () => compile(`${FOLDER}/requirements.in`, '-o', `${FOLDER}/requirements.lock`));
    const within = ['-c', `${FOLDER}/requirements.lock`];
    await step('requirements-test.lock', () =>
      compile(`${FOLDER}/requirements-test.in`, ...within, '-o', `${FOLDER}/requirements-test.lock`),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} folder */
async function fetchUv(folder) {
  const found = await findPython();
  await run(found.command, ['-m', 'venv', folder], { cwd: '/', doing: 'making an environment for uv' });
  await run(join(folder, 'bin/python'), ['-m', 'pip', 'install', '--quiet', 'uv'], { doing: 'installing uv' });
  return join(folder, 'bin/uv');
}

await runMain(main);
