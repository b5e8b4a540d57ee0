// The example notebook on real data, with its real kernel: the sidebar's curve grows and the server UI agrees.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, openNotebook, openSidebar, runCommand, test } from './jupyterlab.ts';
import { checkout } from './processes.ts';

test('the flights notebook runs, its curves grow, and the server UI shows the same', async ({
  page,
  jupyter,
  tmpPath,
  cellkeep,
  context,
}) => {
  test.setTimeout(600_000);
  // As it is shipped, but for the length of the network's training.
  const shipped = readFileSync(join(checkout, 'kernel-bridge/examples/flights.ipynb'), 'utf8');
  expect(shipped).toContain('epochs=20');
  writeFileSync(`${jupyter.root}/${tmpPath}/flights.ipynb`, shipped.replace('epochs=20', 'epochs=8'));
  const path = `${tmpPath}/flights.ipynb`;
  const sidebar = await openSidebar(page);
  await openNotebook(page, path);
  await runCommand(page, 'notebook:run-all-cells');

  const find = async (name: string) =>
    (await cellkeep.client.tracking.runs.search({ notebookPath: path })).runs.find((run) => run.name === name);
  await expect.poll(async () => (await find('network'))?.metrics['train/loss']?.count ?? 0, { timeout: 300_000 }).toBeGreaterThan(100);
  const network = (await find('network'))!;
  expect(network.status).toBe('running');
  await expect(sidebar.getByText('network').first()).toBeVisible();
  await sidebar.getByText('network').first().click();
  const early = await sidebar.screenshot();
  const seen = network.metrics['train/loss']?.count ?? 0;
  await expect
    .poll(async () => (await find('network'))?.metrics['train/loss']?.count ?? 0, { timeout: 300_000 })
    .toBeGreaterThan(seen + 500);
  await expect.poll(async () => Buffer.compare(early, await sidebar.screenshot()), { timeout: 60_000 }).not.toBe(0);

  await expect.poll(async () => (await find('roc of all'))?.status, { timeout: 300_000 }).toBe('finished');
  const { runs } = await cellkeep.client.tracking.runs.search({ notebookPath: path });
  expect(runs.map(({ name, status }) => `${name} ${status}`)).toEqual(
    expect.arrayContaining(['logistic finished', 'forest finished', 'network finished']),
  );
  for (const run of runs) expect(run.source.cellId).toBeTruthy();
  await expect(page.locator('.jp-NotebookPanel .ck-badge').first()).toBeVisible({ timeout: 60_000 });
  await page.screenshot({ path: test.info().outputPath('flights.png') });

  // The server UI, as a team mate opens it.
  const ui = await context.newPage();
  await ui.goto(cellkeep.login);
  await ui.goto(`${cellkeep.url}/runs/${network.id}`);
  await expect(ui.getByText('network').first()).toBeVisible({ timeout: 60_000 });
  const last = (await find('network'))!.metrics.log_loss!.last as number;
  await expect(ui.getByText(last.toPrecision(4)).first()).toBeVisible();
  await ui.close();
});
