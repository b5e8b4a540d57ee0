// A person edits, runs out of order, sees what the notebook no longer explains, and goes back to a state that was kept.
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from '@playwright/test';
import { badgeOf, cellOf, expect, openNotebook, runCell, runCommand, sidebarOf, test, writeNotebook } from './jupyterlab.ts';
import { checkout } from './processes.ts';

const venv = process.env.CELLKEEP_VENV ?? join(checkout, '.venv');
const markOf = (page: Page, index: number) => cellOf(page, index).locator('.ck-mark');
const editorOf = (page: Page, index: number) => cellOf(page, index).locator('.cm-content');

test('edits, runs out of order, sees the marks, restores an older state, compares and verifies it', async ({
  page,
  jupyter,
  tmpPath,
  cellkeep,
}) => {
  // Asked again, it has a history of its own.
  const folder = test.info().retry > 0 ? `${tmpPath}/again` : tmpPath;
  mkdirSync(join(jupyter.root, folder), { recursive: true });
  const path = writeNotebook(jupyter, folder, 'flights.ipynb', [
    { id: 'load', source: 'import cellkeep\nrows = [1, 2, 3]' },
    { id: 'scale', source: 'factor = 10' },
    {
      id: 'model',
      source: 'with cellkeep.run("first"):\n    cellkeep.log({"total": float(sum(rows) * factor)})\nprint(sum(rows) * factor)',
    },
  ]);
  test.setTimeout(300_000);
  const list = async () => (await cellkeep.client.design.snapshots.list({ notebookPath: path })).snapshots;
  await openNotebook(page, path);
  for (const cell of [0, 1, 2]) await runCell(page, cell);
  await expect(badgeOf(page, 2)).toHaveAttribute('data-status', 'finished');
  // Nothing was saved: what the snapshots hold is what the editor shows.
  await expect
    .poll(async () => (await list()).map(({ reason, hasDocument, hasKernel }) => `${reason} ${hasDocument} ${hasKernel}`))
    .toEqual(['end true true', 'start true true']);
  await page.locator('[data-jp-item-name="cellkeep-snapshot"]').click();
  await expect.poll(async () => (await list())[0]?.reason).toBe('manual');
  const good = (await list())[0];

  // An edit alone: marked while it is typed, and no longer when it is typed back.
  await editorOf(page, 1).fill('factor = 20');
  await expect(markOf(page, 1)).toHaveAttribute('data-kind', 'edited');
  await markOf(page, 1).locator('.ck-mark-dot').click();
  await markOf(page, 1).getByRole('button', { name: 'Show diff' }).click();
  await expect(page.locator('.ck-source-diff')).toContainText('factor = 20');
  await page.locator('.lm-TabBar-tab', { hasText: 'as it ran and now' }).locator('.lm-TabBar-tabCloseIcon').click();
  await editorOf(page, 1).fill('factor = 10');
  await expect(markOf(page, 1)).toHaveCount(0);
  // Run again, and what stands below it is stale.
  await editorOf(page, 1).fill('factor = 20');
  await runCell(page, 1);
  await expect(markOf(page, 2)).toHaveAttribute('data-kind', 'stale');
  await expect(markOf(page, 2).getByRole('button', { name: /^Stale: .*factor/ })).toBeVisible();
  await page.getByRole('button', { name: /finding/ }).click();
  await expect(page.locator('.ck-findings-row')).toContainText(['Cell 3 · Stale']);
  await page.keyboard.press('Escape');

  // The reason opens on focus, and the card does what it offers.
  await markOf(page, 2).locator('.ck-mark-dot').click();
  await markOf(page, 2).getByRole('button', { name: 'Re-run' }).click();
  await expect(cellOf(page, 2).locator('.jp-OutputArea-output')).toHaveText('120');
  await expect(markOf(page, 2)).toHaveCount(0);
  // The document of the run's end is there before the editor changes again.
  await expect
    .poll(async () => (await list()).slice(0, 2).map(({ reason, hasDocument }) => `${reason} ${hasDocument}`))
    .toEqual(['end true', 'start true']);

  // One cell of the good state into the open notebook; one Ctrl+Z takes it out again. Then all of them, by the history.
  await runCommand(page, 'cellkeep:design-restore-cells', { snapshotId: good?.id, cellIds: ['scale'] });
  await expect(editorOf(page, 1)).toHaveText('factor = 10');
  await page.keyboard.press('Control+z');
  await expect(editorOf(page, 1)).toHaveText('factor = 20');
  await runCommand(page, 'cellkeep:design-show-history');
  const history = sidebarOf(page).getByRole('tabpanel', { name: 'History' });
  await expect(history.getByRole('checkbox')).toHaveCount(5);
  await history.getByRole('listitem').filter({ hasText: 'by hand' }).getByRole('button').last().click();
  await page.getByRole('menuitem', { name: 'Put its cells back into the notebook' }).click();
  await expect(cellOf(page, 2).locator('.jp-OutputArea-output')).toHaveText('60');
  await expect(editorOf(page, 1)).toHaveText('factor = 10');

  await runCommand(page, 'cellkeep:design-compare-with-last');
  await expect(page.locator('.ck-diff-cell[data-change="edited"]')).toContainText('factor = 20');
  await expect(history.getByRole('checkbox')).toHaveCount(6); // the one that was taken for it

  // What one variable of the kernel depends on, and the good state, each as a file of its own.
  await runCommand(page, 'cellkeep:design-slice-to-notebook', { name: 'factor' });
  await expect(page.locator('.lm-TabBar-tabLabel', { hasText: 'flights (factor).ipynb' })).toBeVisible();
  await runCommand(page, 'cellkeep:design-open-snapshot', { snapshotId: good?.id });
  await expect(page.locator('.lm-TabBar-tabLabel', { hasText: /^flights \(.* \d\d\.\d\d\)\.ipynb$/ })).toBeVisible();

  // And the run that was made then still gives the same.
  const { runs } = await cellkeep.client.tracking.runs.search({ notebookPath: path });
  const first = runs.find(({ metrics }) => metrics.total?.last === 60);
  const env = { ...process.env, CELLKEEP_URL: cellkeep.url, CELLKEEP_TOKEN: cellkeep.token, HOME: jupyter.home };
  const { stdout } = await promisify(execFile)(join(venv, 'bin/cellkeep'), ['verify', first?.id ?? '', '--json'], { env });
  expect(JSON.parse(stdout)).toMatchObject({ runId: first?.id, status: 'reproduced' });
  await runCommand(page, 'cellkeep:tracking-open-view', { view: { view: 'run', id: first?.id } });
  await expect(page.locator('.jp-MainAreaWidget:visible .ck-verdict').filter({ hasText: 'reproduced' }).first()).toBeVisible();
});
