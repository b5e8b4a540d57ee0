// Browsers: the person's own, to open an address in, and the one that the tests drive.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { PlainError } from './progress.mjs';
import { installDebianPackage } from './systemPackages.mjs';

/** Does nothing without a display. @param {string} url */
export function openBrowser(url) {
  const opener = process.platform === 'darwin' ? 'open' : process.env.DISPLAY || process.env.WAYLAND_DISPLAY ? 'xdg-open' : null;
  if (!opener) return;
  const child = spawn(opener, [url], { detached: true, stdio: 'ignore' });
  child.on('error', () => {}); // the address is on screen anyway
  child.unref();
}

/**
 * The shell without a window where there is one or may be one: Chromium itself lays out and draws its window also where nobody sees it, for
 * half of the processor time of a test that opens a page and looks at it (6.1 s against 3.0 s for eight empty pages; the run table's ten
 * tests with their server took 45 s against 34 s).
 *
 * @returns {Promise<string>} path of a Chromium or Chrome for the tests
 */
export async function requireChromium() {
  if (process.env.CELLKEEP_CHROMIUM) return process.env.CELLKEEP_CHROMIUM;
  const shell = findShell() ?? ((await installDebianPackage(SHELL, { asksMirror: !findChromium() })) ? findShell() : null);
  const found = shell ?? findChromium() ?? ((await installDebianPackage('chromium')) ? findChromium() : null);
  if (!found) {
    throw new PlainError(
      `the tests need Chromium: install it (Debian: sudo apt-get install ${SHELL}) or name it in CELLKEEP_CHROMIUM, then run the command again`,
    );
  }
  return found;
}

const SHELL = 'chromium-headless-shell';
/** Where Playwright lays a browser, by its version; the shell's places, then Chromium's. */
const SHELL_PLACES = ['chrome-headless-shell-linux64/chrome-headless-shell', 'chrome-linux/headless_shell'];
const CHROMIUM_PLACES = ['chrome-linux64/chrome', 'chrome-linux/chrome'];

const findShell = () => onPath([SHELL]) ?? ofPlaywright(/^chromium_headless_shell-\d+$/, SHELL_PLACES);
const findChromium = () =>
  onPath(['chromium', 'google-chrome', 'google-chrome-stable', 'chromium-browser']) ?? ofPlaywright(/^chromium-\d+$/, CHROMIUM_PLACES);

/** @param {string[]} names @returns {string | null} */
function onPath(names) {
  const folders = (process.env.PATH ?? '').split(':');
  for (const name of names) {
    for (const folder of folders) {
      const file = join(folder, name);
      if (folder && existsSync(file)) return file;
    }
  }
  return null;
}

/** @param {RegExp} build @param {string[]} places @returns {string | null} */
function ofPlaywright(build, places) {
  const folder = process.env.PLAYWRIGHT_BROWSERS_PATH ?? join(homedir(), '.cache/ms-playwright');
  if (!existsSync(folder)) return null;
  const builds = readdirSync(folder).filter((name) => build.test(name));
  for (const name of builds.sort().reverse()) {
    for (const place of places) {
      const file = join(folder, name, place);
      if (existsSync(file)) return file;
    }
  }
  return null;
}
