// Which notebook is it? Renames, kernels that restart, and kernels without a bridge.
import { renameSync } from 'node:fs';
import { badgeOf, expect, loadLab, newLab, openNotebook, openSidebar, runCell, runCommand, test, writeNotebook } from './jupyterlab.ts';

const rename = (page: Parameters<typeof openNotebook>[0], from: string, to: string) =>
  page.evaluate(([old, next]) => window.jupyterapp.serviceManager.contents.rename(old as string, next as string), [from, to] as const);

test('renaming the notebook while it runs keeps its runs together', async ({ page, jupyter, tmpPath, cellkeep }) => {
  const path = writeNotebook(jupyter, tmpPath, 'before.ipynb', [
    { id: 'one', source: 'import cellkeep, pathlib, time\nwith cellkeep.run("one"):\n    cellkeep.log({"loss": 1.0})' },
    {
      id: 'two',
      source:
        'with cellkeep.run("two"):\n    while not pathlib.Path("go").exists():\n        cellkeep.log({"loss": 0.5}); time.sleep(0.05)',
    },
    { id: 'three', source: 'with cellkeep.run("three"):\n    cellkeep.log({"loss": 0.25})' },
  ]);
  await openNotebook(page, path);
  await runCell(page, 0);
  await expect(badgeOf(page, 0)).toHaveAttribute('data-status', 'finished');
  await runCell(page, 1);
  await expect(badgeOf(page, 1)).toHaveAttribute('data-status', 'running');

  const moved = `${tmpPath}/after.ipynb`;
  await rename(page, path, moved);
  await expect(page.locator('.lm-TabBar-tabLabel', { hasText: 'after.ipynb' })).toBeVisible();
  await expect(badgeOf(page, 0)).toContainText('one');
  await expect(badgeOf(page, 1)).toHaveAttribute('data-status', 'running');
  (await import('node:fs')).writeFileSync(`${jupyter.root}/${tmpPath}/go`, '');
  await expect(badgeOf(page, 1)).toHaveAttribute('data-status', 'finished');
  await runCell(page, 2);
  await expect(badgeOf(page, 2)).toHaveAttribute('data-status', 'finished');

  // The badge has it from the kernel, which may tell of a run before the server has it.
  const kept = async () => (await cellkeep.client.tracking.runs.search({ notebookPath: moved })).runs.map(({ name }) => name).sort();
  await expect.poll(kept).toEqual(['one', 'three', 'two']);
  expect((await cellkeep.client.tracking.runs.search({ notebookPath: path })).total).toBe(0);
});

test('renaming a notebook that is closed, or its folder, keeps its runs', async ({ page, jupyter, tmpPath, cellkeep }) => {
  const path = writeNotebook(jupyter, tmpPath, 'closed.ipynb', [
    { id: 'one', source: 'import cellkeep\nwith cellkeep.run("kept"):\n    cellkeep.log({"loss": 1.0})' },
  ]);
  await openNotebook(page, path);
  await runCell(page, 0);
  await expect(badgeOf(page, 0)).toHaveAttribute('data-status', 'finished');
  await runCommand(page, 'docmanager:save');
  await expect(page.locator('.lm-TabBar-tab.jp-mod-dirty')).toHaveCount(0);
  await page.kernel.shutdownAll();
  await page.activity.closeAll();

  await rename(page, path, `${tmpPath}/renamed.ipynb`);
  await expect.poll(async () => (await cellkeep.client.tracking.runs.search({ notebookPath: `${tmpPath}/renamed.ipynb` })).total).toBe(1);

  (await import('node:fs')).mkdirSync(`${jupyter.root}/${tmpPath}/a`);
  renameSync(`${jupyter.root}/${tmpPath}/renamed.ipynb`, `${jupyter.root}/${tmpPath}/a/renamed.ipynb`);
  await cellkeep.client.design.notebooks.move({ from: `${tmpPath}/renamed.ipynb`, to: `${tmpPath}/a/renamed.ipynb` });
  await rename(page, `${tmpPath}/a`, `${tmpPath}/b`);
  await expect.poll(async () => (await cellkeep.client.tracking.runs.search({ notebookPath: `${tmpPath}/b/renamed.ipynb` })).total).toBe(1);
});

test('after a kernel restart the link opens again: runs start and stop from the page', async ({ page, jupyter, tmpPath, cellkeep }) => {
  const path = writeNotebook(jupyter, tmpPath, 'restart.ipynb', [{ id: 'one', source: 'import cellkeep' }]);
  await openNotebook(page, path);
  for (const round of ['first', 'second']) {
    await runCell(page, 0);
    await runCommand(page, 'cellkeep:tracking-start-run', { name: round });
    const running = async () =>
      (await cellkeep.client.tracking.runs.search({ notebookPath: path, filter: "attributes.status = 'running'" })).runs;
    await expect.poll(async () => (await running()).map(({ name }) => name)).toEqual([round]);
    const [run] = await running();
    await runCommand(page, 'cellkeep:tracking-stop-run', { runId: run?.id });
    await expect.poll(async () => (await running()).length).toBe(0);
    if (round === 'first') {
      await page.evaluate(async () => {
        const panel = window.jupyterapp.shell.currentWidget as unknown as { sessionContext: { restartKernel(): Promise<void> } };
        await panel.sessionContext.restartKernel();
      });
      await expect(page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]')).toBeVisible();
    }
  }
});

test('a kernel without the bridge is left in peace', async ({ browser, newJupyter, cellkeep }) => {
  const alone = await newJupyter({ server: cellkeep, env: { IPYTHONDIR: '/nonexistent', CELLKEEP_DISABLED: '1' } });
  const page = await newLab(browser, alone);
  const said: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') said.push(message.text());
  });
  await loadLab(page, alone);
  const path = writeNotebook(alone, '', 'plain.ipynb', [
    { id: 'one', source: 'get_ipython().kernel.comm_manager.unregister_target("cellkeep", None)\n1 + 1' },
  ]);
  await openNotebook(page, path);
  await openSidebar(page);
  await runCell(page, 0);
  await expect(page.locator('.jp-OutputArea-output').last()).toContainText('2');
  expect(said.filter((text) => text.includes('cellkeep') || text.includes('omm'))).toEqual([]);
  await page.context().close();
});
