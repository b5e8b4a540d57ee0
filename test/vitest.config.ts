import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Tests beside what they test. Those that start a server or a database are the ones that import its fixtures. */
const beside = globSync(['schema/**/*.test.ts', 'server/**/*.test.{ts,tsx}', 'extension/**/*.test.{ts,tsx}', 'kernel-bridge/*.test.ts'], {
  cwd: root,
  exclude: (path) => /(^|\/)(node_modules|dist|lib)$/.test(path),
});
const postgres = beside.filter((file) => /from '[^']*\/testing\/index\.ts'/.test(readFileSync(`${root}${file}`, 'utf8')));
const unit = beside.filter((file) => !postgres.includes(file));

/** Files of a worker share its loaded modules: loading them for each file was half of the processor time. What a test changes, it puts back. */
const shared = { isolate: false, unstubGlobals: true, unstubEnvs: true, restoreMocks: true };

/** ms: where all suites share two cores, a second is over before a notice has come; whoever waits for what does come loses nothing. */
const PATIENCE = { testTimeout: 60_000, hookTimeout: 60_000, expect: { poll: { timeout: 20_000 } } };

const project = (name: string, include: string[], also: object = {}) => ({
  test: { name, root, include, exclude: configDefaults.exclude, environment: 'node', ...PATIENCE, ...also },
});

/** What waits for processes of its own is asked twice before it counts as failed: other suites load the machine meanwhile. */
const waiting = { retry: 1 };

/** One after the other: these kill processes, fill disks and watch clocks. */
const alone = { ...waiting, fileParallelism: false, testTimeout: 120_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    root,
    projects: [
      project('unit', unit, shared),
      project('postgres', postgres, {
        ...shared,
        ...waiting,
        globalSetup: `${root}server/src/testing/postgresOfRun.ts`,
      }),
      project('faults', ['test/faults/**/*.test.ts'], alone),
      project('start', ['test/start/**/*.test.ts'], alone),
      // Downloads and installs a whole JupyterLab while other suites run.
      project('wheels', ['test/wheels/**/*.test.ts'], { ...alone, testTimeout: 240_000, hookTimeout: 600_000 }),
    ],
  },
});
