// End-to-end tests in a real browser. One Cellkeep server and one JupyterLab serve all of them (e2e/global-setup.ts); a test that stops
// a server, or needs an empty one, starts its own (fixtures `newServer`, `newStack`).
import { existsSync } from 'node:fs';
import { defineConfig, devices } from '@playwright/test';
import { chromiumFlags } from './e2e/chromiumFlags.ts';

const installed = ['chromium-headless-shell', 'chromium', 'google-chrome'].map((name) => `/usr/bin/${name}`);
const chromium = [process.env.CELLKEEP_CHROMIUM, ...installed].find((path) => path && existsSync(path));

export default defineConfig({
  testDir: './e2e',
  outputDir: '../test-results/e2e',
  globalSetup: './e2e/global-setup.ts',
  forbidOnly: Boolean(process.env.CI),
  // Kernels, Postgres and a browser share two cores: more workers only make each other slow.
  workers: 1,
  // What fails once on two cores that two browsers share is asked again; which tests needed that is said at the end (`flaky`).
  retries: 1,
  // Where two browsers, their servers and their kernels share two cores, all takes several times as long as on a quiet machine; whoever waits
  // for what does come loses nothing by patience.
  timeout: 180_000,
  expect: { timeout: 45_000 },
  reporter: process.env.CELLKEEP_REPORT ? [['line'], ['json', { outputFile: process.env.CELLKEEP_REPORT }]] : [['list']],
  use: {
    ...devices['Desktop Chrome'],
    viewport: { width: 1360, height: 820 },
    launchOptions: {
      ...(chromium ? { executablePath: chromium } : {}),
      args: chromiumFlags,
    },
    // Where one asks for it: it costs each test a tenth of its time, and a failure leaves its last picture anyway.
    trace: process.env.CELLKEEP_TRACE ? { mode: 'retain-on-failure', screenshots: true } : 'off',
    screenshot: 'only-on-failure',
  },
  projects: [
    { name: 'server-ui', testMatch: /server-ui.*\.spec\.ts$/ },
    { name: 'jupyterlab', testMatch: /jupyterlab.*\.spec\.ts$/ },
  ],
});
