// A notebook tracked live: the sidebar connects, a cell's curve grows while it runs, a badge names the run, the run opens beside the notebook.
import { badgeOf, cellOf, expect, openNotebook, openSidebar, runCell, runCommand, statusOf, test, writeNotebook } from './jupyterlab.ts';

/** Logs one point for each line that the test writes into a file, so that the test and not a clock decides how far it is. */
const STEPS = `import cellkeep, pathlib, time
ticks = pathlib.Path("ticks.txt"); ticks.write_text("")
with cellkeep.run("stepwise", params={"rate": 0.1}):
    seen = 0
    while "end" not in (text := ticks.read_text()):
        for step in range(seen, text.count("tick")):
            cellkeep.log({"loss": 1 / (step + 1), "auc": 0.5 + step / 100}, step=step)
            seen = step + 1
        time.sleep(0.02)`;

test('a curve grows in the sidebar while its cell trains, and the run opens beside the notebook', async ({
  page,
  jupyter,
  tmpPath,
  cellkeep,
}) => {
  const { appendFileSync } = await import('node:fs');
  const path = writeNotebook(jupyter, tmpPath, 'live.ipynb', [{ id: 'train', source: STEPS }]);
  const ticks = `${jupyter.root}/${tmpPath}/ticks.txt`;
  const sidebar = await openSidebar(page);
  await expect(statusOf(page)).toHaveAttribute('data-tone', 'live');
  await openNotebook(page, path);

  await runCell(page, 0);
  const badge = badgeOf(page, 0);
  await expect(badge).toHaveAttribute('data-status', 'running');
  await expect(badge).toContainText('stepwise');
  await expect(statusOf(page)).toContainText(/\d+ running/);
  await expect(sidebar.getByText('stepwise').first()).toBeVisible();

  // What is drawn must change with what is logged, while the cell still runs.
  await sidebar.getByText('stepwise').first().click();
  const runId = (await badge.getAttribute('data-run-id')) ?? '';
  appendFileSync(ticks, 'tick\n'.repeat(10));
  await expect(badge).toContainText('0.1000');
  await expect.poll(async () => (await cellkeep.client.tracking.runs.get({ id: runId })).metrics.loss?.count).toBe(10);
  await expect(sidebar.locator('canvas, svg').first()).toBeVisible();
  const before = await sidebar.screenshot();
  appendFileSync(ticks, 'tick\n'.repeat(30));
  await expect(badge).toContainText('0.02500');
  await expect(badge).toHaveAttribute('data-status', 'running');
  await expect.poll(async () => Buffer.compare(before, await sidebar.screenshot())).not.toBe(0);

  await badge.click();
  const tab = page.locator('.jp-MainAreaWidget:has(.ck-lumino):visible');
  await expect(tab).toContainText('stepwise');
  await expect(page.locator('.jp-NotebookPanel')).toBeVisible();
  await expect(page.locator('.lm-DockPanel-tabBar .lm-TabBar-tabLabel', { hasText: 'stepwise' })).toBeVisible();

  appendFileSync(ticks, 'end\n');
  await expect(badge).toHaveAttribute('data-status', 'finished');
  await expect(badge).toHaveAccessibleName(/Run stepwise, finished, .*0\.0250/);
  // The badge has it from the kernel, which may tell of the end before the server has it.
  const stored = async () => {
    const { source, metrics } = await cellkeep.client.tracking.runs.get({ id: runId });
    return { cellId: source.cellId, notebookPath: source.notebookPath, count: metrics.loss?.count };
  };
  await expect.poll(stored).toEqual({ cellId: 'train', notebookPath: path, count: 40 });
});

test('a badge follows its cell when it moves, is cut and comes back, and when the notebook is longer than the window', async ({
  page,
  jupyter,
  tmpPath,
}) => {
  const cells = Array.from({ length: 120 }, (_, i) => ({ id: `cell-${i}`, source: `# ${i}\n`.repeat(6) }));
  cells[0] = { id: 'made-a-run', source: 'import cellkeep\nwith cellkeep.run("mover"):\n    cellkeep.log({"loss": 0.25})' };
  const path = writeNotebook(jupyter, tmpPath, 'cells.ipynb', cells);
  await openNotebook(page, path);
  await runCell(page, 0);
  await expect(badgeOf(page, 0)).toHaveAttribute('data-status', 'finished');

  await runCommand(page, 'notebook:move-cell-down');
  await expect(badgeOf(page, 1)).toContainText('mover');
  await expect(badgeOf(page, 0)).toHaveCount(0);

  await runCommand(page, 'notebook:delete-cell');
  await expect(page.locator('.ck-badge')).toHaveCount(0);
  await runCommand(page, 'notebook:undo-cell-action');
  // Where the cell comes back is the notebook's affair: it may undo the move as well.
  const back = page.locator('.jp-NotebookPanel:not(.lm-mod-hidden) .ck-badge');
  await expect(back).toContainText('mover');

  const scrollTo = (index: number) =>
    page.evaluate(async (i) => {
      const panel = window.jupyterapp.shell.currentWidget as unknown as {
        content: { scrollToItem(i: number, align: string): Promise<void> };
      };
      await panel.content.scrollToItem(i, 'start');
    }, index);
  // The notebook itself may still be scrolling to the cell that came back, and goes there after us.
  await expect(async () => {
    await scrollTo(115);
    await expect(cellOf(page, 115)).toBeVisible({ timeout: 2_000 });
  }).toPass();
  await expect(back).not.toBeInViewport();
  await expect(async () => {
    await scrollTo(0);
    await expect(back).toBeInViewport({ timeout: 2_000 });
  }).toPass();
  await expect(back).toContainText('0.2500');
});

test('a cell that ran three times names its newest run and compares them all', async ({ page, jupyter, tmpPath }) => {
  const source = 'import cellkeep\nwith cellkeep.run() as run:\n    cellkeep.log({"loss": 0.5})';
  const path = writeNotebook(jupyter, tmpPath, 'thrice.ipynb', [{ id: 'again', source }]);
  await openNotebook(page, path);
  for (const already of [0, 1, 2]) {
    await runCell(page, 0);
    await expect(page.locator('.ck-badge-more')).toHaveText(already === 0 ? '' : `+${already}`);
    await expect(badgeOf(page, 0)).toHaveAttribute('data-status', 'finished');
  }
  await page.locator('.ck-badge-more').click();
  await expect(page.locator('.lm-TabBar-tabLabel', { hasText: 'Compare 3 runs' })).toBeVisible();
});
