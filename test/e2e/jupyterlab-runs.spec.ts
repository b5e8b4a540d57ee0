// What a person does with runs from JupyterLab: start, stop, rename, tag, delete, take back, compare; by palette, menu and keyboard.
import { badgeOf, expect, openNotebook, openSidebar, runCell, runCommand, test, writeNotebook } from './jupyterlab.ts';

test('stop ends a run of a busy kernel, and the loop with it', async ({ page, jupyter, tmpPath, cellkeep }) => {
  const path = writeNotebook(jupyter, tmpPath, 'stop.ipynb', [
    {
      id: 'forever',
      source:
        'import cellkeep, time\nwith cellkeep.run("forever"):\n    while True:\n        cellkeep.log({"loss": 1.0}); time.sleep(0.02)',
    },
  ]);
  await openNotebook(page, path);
  await runCell(page, 0);
  await expect(badgeOf(page, 0)).toHaveAttribute('data-status', 'running');
  const id = (await badgeOf(page, 0).getAttribute('data-run-id')) ?? '';
  await runCommand(page, 'cellkeep:tracking-stop-run');
  await expect(badgeOf(page, 0)).toHaveAttribute('data-status', 'killed');
  await expect(page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]')).toBeVisible();
  await expect(page.locator('.jp-OutputArea-output').last()).toContainText('KeyboardInterrupt');
  await expect.poll(async () => (await cellkeep.client.tracking.runs.get({ id })).status).toBe('killed');
});

test('a run is renamed, tagged, deleted and taken back', async ({ page, jupyter, tmpPath, cellkeep }) => {
  const path = writeNotebook(jupyter, tmpPath, 'edit.ipynb', [
    { id: 'one', source: 'import cellkeep\nwith cellkeep.run("first name"):\n    cellkeep.log({"loss": 1.0})' },
  ]);
  await openNotebook(page, path);
  await runCell(page, 0);
  await expect(badgeOf(page, 0)).toHaveAttribute('data-status', 'finished');
  const id = (await badgeOf(page, 0).getAttribute('data-run-id')) ?? '';
  await badgeOf(page, 0).click();
  const label = page.locator('.lm-DockPanel-tabBar .lm-TabBar-tabLabel');
  await expect(label.filter({ hasText: 'first name' })).toBeVisible();

  await runCommand(page, 'cellkeep:tracking-rename-run');
  const field = page.locator('.jp-Dialog input');
  await expect(field).toHaveValue('first name');
  await field.fill('second <b>name</b>');
  await field.press('Enter');
  await expect(badgeOf(page, 0)).toContainText('second <b>name</b>');
  await expect(label.filter({ hasText: 'second <b>name</b>' })).toBeVisible();

  await runCommand(page, 'cellkeep:tracking-tag-run', { runId: id, tag: 'team=delays' });
  await expect.poll(async () => (await cellkeep.client.tracking.runs.get({ id })).tags.team).toBe('delays');

  await runCommand(page, 'cellkeep:tracking-delete-run', { runId: id });
  await expect(badgeOf(page, 0)).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(badgeOf(page, 0)).toContainText('second <b>name</b>');
});

test('runs of the sidebar are chosen and compared with the keyboard alone', async ({ page, jupyter, tmpPath }) => {
  const source = (rate: number) =>
    `with cellkeep.run("rate ${rate}", params={"rate": ${rate}}):\n    for s in range(20): cellkeep.log({"loss": ${rate} / (s + 1)}, step=s)`;
  const path = writeNotebook(jupyter, tmpPath, 'keys.ipynb', [
    { id: 'import', source: 'import cellkeep' },
    { id: 'a', source: source(0.1) },
    { id: 'b', source: source(0.2) },
  ]);
  await openNotebook(page, path);
  for (const cell of [0, 1, 2]) await runCell(page, cell);
  await expect(badgeOf(page, 2)).toHaveAttribute('data-status', 'finished');

  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+Alt+e');
  const sidebar = await openSidebar(page);
  const list = sidebar.getByRole('grid', { name: 'Runs' });
  await expect(list.locator('.ck-item')).toHaveCount(2);
  // By keyboard from the field above to the list, along it, and to the comparison.
  await sidebar.locator('.ck-filter-input').focus();
  for (let tabs = 0; tabs < 12 && !(await list.evaluate((node) => node === document.activeElement)); tabs++)
    await page.keyboard.press('Tab');
  await expect(list).toBeFocused();
  for (const key of ['Home', 'Space', 'ArrowDown', 'Space']) await page.keyboard.press(key);
  await expect(list.locator('.ck-item[aria-selected="true"]')).toHaveCount(2);
  await page.keyboard.press('c');
  await expect(page.locator('.lm-TabBar-tabLabel', { hasText: 'Compare 2 runs' })).toBeVisible();
  const tab = page.locator('.jp-MainAreaWidget:has(.ck-lumino):visible');
  await expect(tab.getByText('rate 0.1').first()).toBeVisible();
  await expect(tab.getByText('rate 0.2').first()).toBeVisible();
});

test('the palette offers every command, and the example cell makes a first run', async ({ page, jupyter, tmpPath }) => {
  const path = writeNotebook(jupyter, tmpPath, 'empty.ipynb', [{ id: 'empty', source: '' }]);
  await openNotebook(page, path);
  await runCommand(page, 'apputils:activate-command-palette');
  await page.locator('.lm-CommandPalette-input').fill('cellkeep');
  const offered = await page.locator('.lm-CommandPalette-itemLabel').allTextContents();
  expect(offered).toEqual(
    expect.arrayContaining([
      'Show Experiments',
      'Start a Run in This Kernel',
      'Insert Example Cell That Logs a Run',
      'Open Server UI in a New Browser Tab',
    ]),
  );
  await page.keyboard.press('Escape');
  await runCommand(page, 'cellkeep:tracking-insert-example');
  await runCell(page, 0);
  await expect(badgeOf(page, 0)).toContainText('first try');
  await expect(badgeOf(page, 0)).toHaveAttribute('data-status', 'finished', { timeout: 30_000 });
});
