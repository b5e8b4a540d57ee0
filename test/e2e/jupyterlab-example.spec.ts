// The example notebook on real data, with its real kernel: the sidebar's curve grows and the server UI agrees.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, openNotebook, openSidebar, runCommand, test } from './jupyterlab.ts';
import { checkout } from './processes.ts';
import { keepPicture, openPage } from './runs.ts';

test('the flights notebook runs, its curves grow, and the server UI shows the same', async ({ page, jupyter, tmpPath, cellkeep }) => {
  test.setTimeout(600_000);
  writeFileSync(`${jupyter.root}/${tmpPath}/flights.ipynb`, shortened());
  const path = `${tmpPath}/flights.ipynb`;
  const sidebar = await openSidebar(page);
  await openNotebook(page, path);
  await runCommand(page, 'notebook:run-all-cells');

  const find = async (name: string) =>
    (await cellkeep.client.tracking.runs.search({ notebookPath: path })).runs.find((run) => run.name === name);
  const logged = async () => (await find('network'))?.metrics['train/loss']?.count ?? 0;
  await expect.poll(logged, { timeout: 300_000 }).toBe(93);
  const network = (await find('network'))!;
  expect(network.status).toBe('running');
  await sidebar.getByText('network').first().click();
  await expect(sidebar.locator('canvas, svg').first()).toBeVisible({ timeout: 60_000 });
  const early = await sidebar.screenshot();
  writeFileSync(`${jupyter.root}/${tmpPath}/go`, '');
  await expect.poll(logged, { timeout: 300_000 }).toBe(4 * 93);
  await expect.poll(async () => Buffer.compare(early, await sidebar.screenshot()), { timeout: 60_000 }).not.toBe(0);

  await expect.poll(async () => (await find('roc of all'))?.status, { timeout: 300_000 }).toBe('finished');
  const { runs } = await cellkeep.client.tracking.runs.search({ notebookPath: path });
  expect(runs.map(({ name, status }) => `${name} ${status}`)).toEqual(
    expect.arrayContaining(['logistic finished', 'forest finished', 'network finished']),
  );
  for (const run of runs) expect(run.source.cellId).toBeTruthy();
  await expect(page.locator('.jp-NotebookPanel .ck-badge').first()).toBeVisible({ timeout: 60_000 });
  await keepPicture(page, 'flights.png');

  // The server UI, as a team mate opens it.
  const ui = await page.context().newPage();
  await openPage(ui, cellkeep, `/runs/${network.id}`);
  await expect(ui.getByText('network').first()).toBeVisible({ timeout: 60_000 });
  const last = (await find('network'))!.metrics.log_loss!.last as number;
  await expect(ui.getByText(last.toPrecision(4)).first()).toBeVisible({ timeout: 60_000 });
  await ui.close();
});

/** As it is shipped, but for a fifth of the flights and of the epochs; and the network waits after its first for the test to have seen that. */
function shortened(): string {
  const changes = [
    ['sample(60_000', 'sample(12_000'],
    ['train_network()', 'train_network(epochs=4)'],
    ['for epoch in range(epochs):', 'for epoch in range(epochs):\n        while epoch == 1 and not Path("go").exists(): time.sleep(0.05)'],
    ['import cellkeep\n', 'import time\nfrom pathlib import Path\nimport cellkeep\n'],
  ] as const;
  let shipped = readFileSync(join(checkout, 'kernel-bridge/examples/flights.ipynb'), 'utf8');
  for (const [from, to] of changes) {
    const [was, is] = [from, to].map((text) => JSON.stringify(text).slice(1, -1)) as [string, string];
    expect(shipped.split(was), from).toHaveLength(2);
    shipped = shipped.replace(was, is);
  }
  return shipped;
}
