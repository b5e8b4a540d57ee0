// The virtual environment of this checkout: JupyterLab, the bridge, the extension and what the examples need, in the exact versions of
// kernel-bridge/requirements.lock. uv makes it where it is installed (5 s instead of 40), else venv and pip.
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inCheckout, python, venv } from './checkout.mjs';
import { capture, run } from './commands.mjs';
import { findPython } from './findPython.mjs';
import { PlainError, step } from './progress.mjs';
import { digestOf, isFresh, writeStamp } from './stamps.mjs';
import { installDebianPackage } from './systemPackages.mjs';

const LOCK = 'kernel-bridge/requirements.lock';
const TEST_LOCK = 'kernel-bridge/requirements-test.lock';
const LABEXTENSION = inCheckout('extension/cellkeep_jupyterlab/labextension');
const LABEXTENSION_LINK = join(venv, 'share/jupyter/labextensions/@cellkeep/jupyterlab');
/** What an editable install copies or writes down; Python sources are not among it, they are used where they lie. */
const PACKAGE_METADATA = [
  'kernel-bridge/pyproject.toml',
  'kernel-bridge/etc',
  'extension/pyproject.toml',
  'extension/jupyter-config',
  'extension/package.json',
];

/** A user's own settings must not redirect what is installed here. */
const CLEAN = {
  PYTHONHOME: undefined,
  PYTHONPATH: undefined,
  PIP_USER: undefined,
  PIP_ROOT_USER_ACTION: 'ignore',
  PIP_DISABLE_PIP_VERSION_CHECK: '1',
};

/** @param {{ withTests?: boolean }} [options] */
export async function preparePythonEnvironment({ withTests = false } = {}) {
  if (!(await works())) await step('Python environment', createEnvironment);
  await installLock(LOCK, 'JupyterLab and Python packages', true);
  // Of these little is ever imported, and Python compiles that as it comes.
  if (withTests) await installLock(TEST_LOCK, 'Python test tools', false);
}

/** A Python that the system has since removed leaves a link to nothing behind. */
async function works() {
  if (!existsSync(join(venv, 'cellkeep-made'))) return false;
  return existsSync(python);
}

async function createEnvironment() {
  rmSync(venv, { recursive: true, force: true });
  const uv = await hasUv();
  const found = await findPython().catch((error) => {
    if (!uv) throw error;
    return null; // uv can fetch one
  });
  if (uv) {
    await run('uv', ['venv', '--quiet', '--seed', '--python', found?.command ?? '>=3.10,<3.14', venv], { env: CLEAN, doing: 'uv venv' });
  } else if (found) {
    await createWithPython(found);
  }
  // Or else Node reads our package.json for the JavaScript that Jupyter's packages bring, and takes it for ES modules.
  writeFileSync(join(venv, 'package.json'), '{ "private": true }\n');
  writeFileSync(join(venv, 'cellkeep-made'), 'by npm start\n');
}

/** @param {import('./findPython.mjs').FoundPython} found */
async function createWithPython(found) {
  const make = (/** @type {string[]} */ ...args) =>
    run(found.command, [...args, venv], { cwd: '/', env: CLEAN, doing: `${found.command} ${args.join(' ')}` });
  if (found.makesVenv) return make('-m', 'venv');
  if (found.hasVirtualenv) return make('-m', 'virtualenv', '--quiet');
  if (await installDebianPackage(`python${found.version}-venv`)) return make('-m', 'venv');
  if (found.hasPip) {
    await make('-m', 'venv', '--without-pip');
    return run(found.command, ['-m', 'pip', '--python', python, 'install', '--quiet', 'pip'], {
      cwd: '/',
      env: CLEAN,
      doing: 'installing pip',
    });
  }
  throw new PlainError(
    `Python ${found.version} (${found.command}) cannot make virtual environments: install its venv module (Debian: sudo apt-get install python3-venv), then run the command again`,
  );
}

const hasUv = async () => (await capture('uv', ['--version'])).code === 0;

/** @param {string} lock @param {string} title @param {boolean} isCompiled */
async function installLock(lock, title, isCompiled) {
  const stamp = join(venv, `cellkeep-${lock.replace(/.*\//, '')}`);
  const digest = digestOf([lock]);
  if (isFresh(stamp, digest)) return;
  await step(title, () => install(['--no-deps', '--require-hashes', '-r', inCheckout(lock)], title, isCompiled));
  writeStamp(stamp, digest);
}

/** Puts the bridge and the Jupyter server extension into the environment, in place: an edit needs no second install. */
export async function installOwnPackages() {
  const stamp = join(venv, 'cellkeep-own-packages');
  const digest = digestOf(PACKAGE_METADATA);
  if (!isFresh(stamp, digest)) {
    await step('kernel bridge and Jupyter extension', async () => {
      // The link goes first, or else pip follows it and removes the built files in the checkout.
      rmSync(LABEXTENSION_LINK, { recursive: true, force: true });
      const packages = ['kernel-bridge', 'extension'].flatMap((folder) => ['-e', inCheckout(folder)]);
      await install(['--no-deps', '--no-build-isolation', ...packages], 'installing the bridge and the extension');
    });
    rmSync(LABEXTENSION_LINK, { recursive: true, force: true });
    writeStamp(stamp, digest);
  }
  if (!existsSync(LABEXTENSION_LINK)) {
    rmSync(LABEXTENSION_LINK, { force: true }); // a link that leads nowhere
    mkdirSync(dirname(LABEXTENSION_LINK), { recursive: true });
    symlinkSync(LABEXTENSION, LABEXTENSION_LINK);
  }
  silenceAnnouncements();
}

/** JupyterLab would otherwise ask, in a dialog on first use, to fetch news from the internet. */
function silenceAnnouncements() {
  const file = join(venv, 'etc/jupyter/labconfig/page_config.json');
  const wanted = `${JSON.stringify({ disabledExtensions: { '@jupyterlab/apputils-extension:announcements': true } })}\n`;
  if (existsSync(file) && readFileSync(file, 'utf8') === wanted) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, wanted);
}

/** @param {string[]} args @param {string} doing @param {boolean} [isCompiled] */
async function install(args, doing, isCompiled = false) {
  if (await hasUv()) {
    const compile = isCompiled ? ['--compile-bytecode'] : [];
    await run('uv', ['pip', 'install', '--quiet', ...compile, '--python', python, ...args], { env: CLEAN, doing });
    return;
  }
  await run(python, ['-m', 'pip', 'install', '--quiet', '--no-compile', ...args], { env: CLEAN, doing });
  // pip would do it on one core, and for the tests of every package. What is for another Python does not compile, which is no fault.
  if (isCompiled) await capture(python, ['-m', 'compileall', '-qq', '-j', '0', '-x', 'site-packages/.*/tests/', join(venv, 'lib')]);
}
