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

/** @returns {Promise<string>} path of a Chromium or Chrome for the tests */
export async function requireChromium() {
  const found = findChromium() ?? ((await installDebianPackage('chromium')) ? findChromium() : null);
  if (!found) {
    throw new PlainError(
      'the tests need Chromium: install it (Debian: sudo apt-get install chromium) or name it in CELLKEEP_CHROMIUM, then run the command again',
    );
  }
  return found;
}

function findChromium() {
  if (process.env.CELLKEEP_CHROMIUM) return process.env.CELLKEEP_CHROMIUM;
  const folders = (process.env.PATH ?? '').split(':');
  for (const name of ['chromium', 'google-chrome', 'google-chrome-stable', 'chromium-browser']) {
    for (const folder of folders) {
      const file = join(folder, name);
      if (folder && existsSync(file)) return file;
    }
  }
  return playwrightChromium();
}

function playwrightChromium() {
  const folder = process.env.PLAYWRIGHT_BROWSERS_PATH ?? join(homedir(), '.cache/ms-playwright');
  if (!existsSync(folder)) return null;
  for (const build of readdirSync(folder)
    .filter((name) => /^chromium-\d+$/.test(name))
    .sort()
    .reverse()) {
    for (const place of ['chrome-linux64/chrome', 'chrome-linux/chrome']) {
      const file = join(folder, build, place);
      if (existsSync(file)) return file;
    }
  }
  return null;
}
