/**
 * What a test in JupyterLab starts from: galata's page with its helpers, logged in by cookie as a person is (Jupyter's token, its XSRF check
 * and a base URL below the root stay as they are), and notebooks made of given cells.
 *
 * `test` gives the tests of the shared Jupyter one page, from which each closes what it has opened; `ownPageTest` loads a page for each test:
 * for one that has a Jupyter of its own, that watches the page load, or that leaves something behind in it.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, galata, test as galataTest, type IJupyterLabPageFixture } from '@jupyterlab/galata';
import type { Browser, Locator, Page } from '@playwright/test';
import { type Cellkeep, type NewServer, serverFixtures } from './fixtures.ts';
import { type JupyterProcess, startJupyter } from './processes.ts';

export { expect, type IJupyterLabPageFixture };

export type Jupyter = Pick<JupyterProcess, 'url' | 'token' | 'root' | 'home'>;
export type NewJupyter = (options: Parameters<typeof startJupyter>[0]) => Promise<JupyterProcess>;

export function sharedJupyter(): Jupyter {
  const said = process.env.CELLKEEP_E2E_JUPYTER;
  if (!said) throw new Error('global-setup.ts started no JupyterLab');
  return JSON.parse(said) as Jupyter;
}

interface JupyterFixtures {
  cellkeep: Cellkeep;
  newServer: NewServer;
  /** Another JupyterLab, with its own home; stopped with the test. */
  newJupyter: NewJupyter;
  /** The one that the page shows. A file that needs its own overrides this. */
  jupyter: Jupyter;
  /** After each test: its kernels must not slow down the next one. */
  endKernels: undefined;
}

export const ownPageTest = galataTest.extend<JupyterFixtures>({
  ...serverFixtures,
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from this pattern
  newJupyter: async ({}, use) => {
    const started: JupyterProcess[] = [];
    await use(async (options) => {
      const jupyter = await startJupyter(options);
      started.push(jupyter);
      return jupyter;
    });
    for (const jupyter of started) await jupyter.stop();
  },
  // biome-ignore lint/correctness/noEmptyPattern: as above
  jupyter: async ({}, use) => {
    await use(sharedJupyter());
  },
  baseURL: async ({ jupyter }, use) => {
    await use(jupyter.url.replace(/\/$/, ''));
  },
  // For galata's own housekeeping (test folders, kernels to end); the page itself has only its cookie.
  request: async ({ playwright, jupyter }, use) => {
    const context = await playwright.request.newContext({
      baseURL: jupyter.url,
      extraHTTPHeaders: { Authorization: `token ${jupyter.token}` },
    });
    // galata asks for /api/…, as if Jupyter always lay at the root.
    const fetch = context.fetch.bind(context);
    context.fetch = (address, options) => fetch(typeof address === 'string' ? address.replace(/^\/+/, '') : address, options);
    await use(context);
    await context.dispose();
  },
  // galata would answer for kernels and sessions in the page's place, and stumbles over an interrupt, which has no body.
  kernels: null,
  sessions: null,
  terminals: null,
  endKernels: [
    async ({ jupyter }, use) => {
      await use(undefined);
      const headers = { Authorization: `token ${jupyter.token}` };
      const answer = await fetch(`${jupyter.url}api/sessions`, { headers }).catch(() => null); // a test may have stopped its own Jupyter
      for (const { id } of (answer ? await answer.json() : []) as { id: string }[]) {
        await fetch(`${jupyter.url}api/sessions/${id}`, { method: 'DELETE', headers });
      }
    },
    { auto: true },
  ],
  // Not galata's, which answers for settings and state in Jupyter's place, so that Playwright looks at each request of the page and turns the
  // browser's cache off; and which gives the page 15 s to load, about what two busy cores need. The settings lie in Jupyter's own folder
  // (processes.ts). After the test's folder, so that nothing of it is open when that goes.
  page: async ({ browser, jupyter, autoGoto, tmpPath: _ }, use) => {
    const page = await newLab(browser, jupyter);
    if (autoGoto) await loadLab(page, jupyter);
    await use(page);
    await page.context().close();
  },
});

/** A page that is logged in to Jupyter as a person is, in a browser of its own; `loadLab` opens JupyterLab in it. */
export async function newLab(browser: Browser, jupyter: Jupyter): Promise<IJupyterLabPageFixture> {
  const context = await browser.newContext();
  await context.request.get(`${jupyter.url}lab?token=${jupyter.token}`);
  return galata.addHelpersToPage(await context.newPage(), jupyter.url.replace(/\/$/, ''), isReady) as IJupyterLabPageFixture;
}

export async function loadLab(page: Page, jupyter: Jupyter): Promise<void> {
  const [bare] = page.context().pages(); // galata's own `goto` waits for 15 s
  await bare?.goto(`${jupyter.url}lab?reset`, { waitUntil: 'domcontentloaded', timeout: 90_000 });
  const started = () => typeof window.jupyterapp === 'object' && window.jupyterapp.started.then(() => true);
  await page.waitForFunction(started, undefined, { timeout: 90_000 });
  await isReady(page);
}

async function isReady(page: Page): Promise<void> {
  await page.locator('#jupyterlab-splash').waitFor({ state: 'detached', timeout: 60_000 });
  await page.locator('.jp-Launcher').first().waitFor({ timeout: 60_000 });
}

interface Lab {
  page: IJupyterLabPageFixture | null;
}

export const test = ownPageTest.extend<object, { lab: Lab }>({
  lab: [
    // biome-ignore lint/correctness/noEmptyPattern: as above
    async ({}, use) => {
      const lab: Lab = { page: null };
      await use(lab); // a test that fails ends its worker, and with it the page
      await lab.page?.context().close();
    },
    { scope: 'worker' },
  ],
  page: async ({ browser, jupyter, lab, tmpPath: _ }, use) => {
    if (!lab.page) {
      lab.page = await newLab(browser, jupyter);
      await loadLab(lab.page, jupyter);
    }
    await dismissDialogs(lab.page); // one that came late
    await use(lab.page);
    await clearLab(lab.page);
  },
});

/** Closes what a test has opened, without a question for what it has not saved. */
async function clearLab(page: Page): Promise<void> {
  await dismissDialogs(page);
  await page.evaluate(async () => {
    const { shell, commands } = window.jupyterapp;
    for (const widget of [...shell.widgets('main')]) {
      const { context } = widget as unknown as { context?: { model: { dirty: boolean } } };
      if (context) context.model.dirty = false;
      widget.dispose();
    }
    await commands.execute('apputils:dismiss-notification');
    await commands.execute('filebrowser:activate');
    (shell as unknown as { collapseRight(): void }).collapseRight();
  });
  await page.locator('.jp-Launcher').first().waitFor();
}

/** A notebook without a kernel asks for one, one that ended its kernel for another. */
async function dismissDialogs(page: Page): Promise<void> {
  const dialogs = page.locator('.jp-Dialog');
  for (let left = await dialogs.count(); left > 0; left = await dialogs.count()) {
    await dialogs.last().press('Escape');
    await expect(dialogs).not.toHaveCount(left);
  }
}

export interface CellSource {
  id: string;
  source: string;
  type?: 'code' | 'markdown';
}

/** Writes a notebook where Jupyter finds it; gives its path for Jupyter. */
export function writeNotebook(jupyter: Jupyter, folder: string, name: string, cells: CellSource[]): string {
  const notebook = {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' } },
    cells: cells.map(({ id, source, type = 'code' }) =>
      type === 'code'
        ? { id, cell_type: type, source, metadata: {}, outputs: [], execution_count: null }
        : { id, cell_type: type, source, metadata: {} },
    ),
  };
  const path = folder ? `${folder}/${name}` : name;
  writeFileSync(join(jupyter.root, path), JSON.stringify(notebook, null, 1));
  return path;
}

/** Runs a command of the application, as the palette or a shortcut would. */
export async function runCommand(page: Page, id: string, args: Record<string, unknown> = {}): Promise<void> {
  await page.evaluate(([command, given]) => void window.jupyterapp.commands.execute(command as string, given as never), [
    id,
    args,
  ] as const);
}

/** Opens a notebook and waits until its kernel is ready. */
export async function openNotebook(page: Page, path: string): Promise<void> {
  await runCommand(page, 'docmanager:open', { path });
  await expect(page.locator('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-NotebookPanel-toolbar')).toBeVisible();
  await expect(page.locator('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook-ExecutionIndicator[data-status="idle"]')).toBeVisible({
    timeout: 40_000,
  });
  // The indicator says idle also of a kernel that is not connected yet; a cell that is run then is not run at all.
  await page.waitForFunction(
    (at) => {
      const panel = window.jupyterapp.shell.currentWidget as unknown as {
        context?: { path: string };
        sessionContext?: { session?: { kernel?: { connectionStatus: string; status: string } | null } | null };
      } | null;
      const kernel = panel?.sessionContext?.session?.kernel;
      return panel?.context?.path === at && kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
    },
    path,
    { timeout: 40_000 },
  );
}

export const cellOf = (page: Page, index: number): Locator =>
  page.locator(`.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell[data-windowed-list-index="${index}"]`);
export const badgeOf = (page: Page, index: number): Locator => cellOf(page, index).locator('.ck-badge');
export const sidebarOf = (page: Page): Locator => page.locator('#cellkeep-experiments');
export const statusOf = (page: Page): Locator => page.locator('.ck-status');

export async function openSidebar(page: Page): Promise<Locator> {
  await runCommand(page, 'cellkeep:tracking-open-sidebar');
  const sidebar = sidebarOf(page);
  await expect(sidebar).toBeVisible();
  await sidebar.getByRole('tab', { name: 'Runs' }).click(); // it remembers which one a test before has chosen
  return sidebar;
}

/** Makes a cell active and runs it; does not wait for its end. */
export async function runCell(page: Page, index: number): Promise<void> {
  await cellOf(page, index).locator('.jp-InputPrompt').click();
  await runCommand(page, 'notebook:run-cell');
}
