// Debian packages that npm cannot bring: installed where we may (as root, or with a sudo that asks nothing), else left to the person.
import { capture } from './commands.mjs';
import { step } from './progress.mjs';

/**
 * @param {string} name
 * @param {{ asksMirror?: boolean }} [options] `asksMirror`: false where it is only better to have: what apt does not know already is left
 * @returns {Promise<boolean>} whether it is installed now
 */
export async function installDebianPackage(name, { asksMirror = true } = {}) {
  const prefix = await rootPrefix();
  if (!prefix) return false;
  const apt = async (/** @type {string[]} */ ...args) => {
    const [command, ...rest] = [...prefix, 'apt-get', '-qq', ...args];
    return (await capture(/** @type {string} */ (command), rest, { env: { DEBIAN_FRONTEND: 'noninteractive' } })).code === 0;
  };
  return step(`Debian package ${name}`, async () => {
    if (await apt('install', '-y', '--no-install-recommends', name)) return true;
    return asksMirror && (await apt('update')) && (await apt('install', '-y', '--no-install-recommends', name));
  });
}

/** @returns {Promise<string[] | null>} null where apt-get is missing or may not be used */
async function rootPrefix() {
  if ((await capture('apt-get', ['--version'])).code !== 0) return null;
  if (process.getuid?.() === 0) return [];
  return (await capture('sudo', ['-n', 'true'])).code === 0 ? ['sudo', '-n'] : null;
}
