// The run table: sorted, filtered, given columns, selected, by mouse and by keys; its address brings all of it back.
import type { Page } from '@playwright/test';
import { type Cellkeep, expect, test } from './fixtures.ts';
import { expectNoSideScroll, falling, makeRun, openPage, setTheme, watchForScripts } from './runs.ts';

const HOSTILE = '<img src=x onerror="window.pwned=1">';
const rows = (page: Page) => page.locator('.ck-tr');
const names = (page: Page) => page.locator('.ck-tr .ck-run-name');
const table = (page: Page) => page.getByRole('grid', { name: 'Runs' });

/** An experiment of its own with one run for each letter, `a` the newest and with the least auc. */
async function experimentOf(cellkeep: Cellkeep, letters: string): Promise<string> {
  const experimentName = `table ${test.info().title.slice(0, 60)} ${Date.now()}`;
  const start = Date.now() - 3_600_000;
  let id = '';
  for (const [i, letter] of [...letters].entries()) {
    const run = await makeRun(cellkeep, {
      experimentName,
      name: `run ${letter}`,
      params: { model: i % 2 === 0 ? 'forest' : 'mlp', depth: String(i) },
      metrics: { auc: [0.5, 0.6 + i / 100], loss: falling(5) },
      status: 'finished',
      startedAt: start - i * 60_000,
    });
    id = run.experimentId;
  }
  return id;
}

test('newest first; a press on a header sorts, another turns it round, a third brings the order back', async ({ page, cellkeep }) => {
  const id = await experimentOf(cellkeep, 'abcd');
  await openPage(page, cellkeep, `/experiments/${id}`);
  await expect(names(page)).toHaveText(['run a', 'run b', 'run c', 'run d']);
  const header = page.getByRole('columnheader', { name: 'auc' }).getByRole('button', { name: 'auc', exact: true });
  await header.click();
  await expect(names(page)).toHaveText(['run d', 'run c', 'run b', 'run a']);
  await expect(page.getByRole('columnheader', { name: 'auc' }).first()).toHaveAttribute('aria-sort', 'descending');
  await expect(rows(page).filter({ hasText: 'run d' }).locator('[data-best]')).toHaveText('0.6300');
  await header.click();
  await expect(names(page)).toHaveText(['run a', 'run b', 'run c', 'run d']);
  await header.click();
  await expect(page.getByRole('columnheader', { name: 'auc' }).first()).toHaveAttribute('aria-sort', 'none');
});

test('a filter is completed, applied, shared by its address and cleared; a wrong one says where', async ({ page, cellkeep }) => {
  const id = await experimentOf(cellkeep, 'abcd');
  await openPage(page, cellkeep, `/experiments/${id}`);
  await expect(rows(page)).toHaveCount(4);
  const field = page.getByRole('combobox', { name: 'Filter runs' });
  await field.fill('mod');
  await page.getByRole('option', { name: /params\.model/ }).click();
  await expect(field).toHaveValue('params.model ');
  await field.pressSequentially("= 'forest'");
  await field.press('Enter');
  await expect(names(page)).toHaveText(['run a', 'run c']);
  await expect(page).toHaveURL(/filter=params\.model/);

  const address = page.url();
  await page.goto('about:blank');
  await page.goto(address);
  await expect(names(page)).toHaveText(['run a', 'run c']);
  await expect(field).toHaveValue("params.model = 'forest'");

  await field.fill('metrics.auc >');
  await field.press('Enter');
  await expect(page.locator('.ck-filter-error')).toBeVisible();
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await field.fill('metrics.auc > 99');
  await field.press('Enter');
  await expect(page.getByRole('heading', { name: 'No run matches.' })).toBeVisible();
  await page.getByRole('button', { name: 'Clear the filter' }).last().click();
  await expect(rows(page)).toHaveCount(4);
});

test('columns are chosen and come back with the address', async ({ page, cellkeep }) => {
  const id = await experimentOf(cellkeep, 'ab');
  await openPage(page, cellkeep, `/experiments/${id}`);
  await expect(page.getByRole('columnheader', { name: 'depth' })).toBeVisible();
  await page.getByRole('button', { name: /^Columns/ }).click();
  const chooser = page.getByRole('dialog', { name: 'Columns' });
  await chooser.getByRole('checkbox', { name: 'params.depth' }).click();
  await expect(page.getByRole('columnheader', { name: 'depth' })).toHaveCount(0);
  await chooser.getByLabel('Search columns').fill('curve of loss');
  await chooser.getByRole('checkbox', { name: 'curve of loss' }).click();
  await page.keyboard.press('Escape');
  await expect(chooser).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole('columnheader', { name: 'depth' })).toHaveCount(0);
  await expect(page.getByRole('columnheader', { name: 'loss' })).toHaveCount(2);
  await expect(rows(page).first().locator('svg.ck-spark')).toHaveCount(2);
});

test('by keys alone: walk, select, extend, open, come back, compare', async ({ page, cellkeep }) => {
  const id = await experimentOf(cellkeep, 'abcd');
  await openPage(page, cellkeep, `/experiments/${id}`);
  await expect(rows(page)).toHaveCount(4);
  await table(page).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
  await expect(page.getByText('1 selected')).toBeVisible();
  await expect(rows(page).filter({ hasText: 'run b' })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Shift+ArrowDown');
  await expect(page.getByText('2 selected')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByText('2 selected')).toHaveCount(0);
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('run a');
  await page.goBack();
  await table(page).focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
  await page.keyboard.press('c');
  await expect(page).toHaveURL(/\/compare\?runs=[0-9a-f]{32}(,|%2C)[0-9a-f]{32}/);
  await page.goBack();
  await expect(page.getByText('2 selected')).toBeVisible();
  await table(page).focus();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
});

test('runs are tagged and deleted together, taken back, and restored from the deleted ones', async ({ page, cellkeep }) => {
  const id = await experimentOf(cellkeep, 'abc');
  await openPage(page, cellkeep, `/experiments/${id}`);
  await page.getByRole('checkbox', { name: 'Select run a' }).click();
  await page.getByRole('button', { name: 'Select all 3 that match' }).click();
  await expect(page.getByText('3 selected')).toBeVisible();
  await expect(rows(page).and(page.locator('[aria-selected="true"]'))).toHaveCount(3);
  await expect(page.getByRole('button', { name: 'Compare' })).toBeEnabled();
  await page.getByRole('checkbox', { name: 'Select run c' }).click();
  await page.getByRole('button', { name: 'Add a tag' }).click();
  await page.getByLabel('Tag: key or key=value').fill('team=delays');
  await page.keyboard.press('Enter');
  await expect
    .poll(async () => (await cellkeep.client.tracking.runs.search({ experimentIds: [id], filter: "tags.team = 'delays'" })).total)
    .toBe(2);

  await page.locator('.ck-selection').getByRole('button', { name: 'Delete' }).click();
  await expect(names(page)).toHaveText(['run c']);
  await expect(page.getByText('2 runs deleted')).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(names(page)).toHaveText(['run a', 'run b', 'run c']);

  await page.getByRole('checkbox', { name: 'Select run c' }).click();
  await table(page).focus();
  await page.keyboard.press('Delete');
  await expect(names(page)).toHaveText(['run a', 'run b']);
  await page.getByRole('button', { name: 'Runs shown: Active' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Deleted' }).click();
  await expect(names(page)).toHaveText(['run c']);
  await page.getByRole('checkbox', { name: 'Select run c' }).click();
  await page.getByRole('button', { name: 'Restore' }).click();
  await expect(page.getByRole('heading', { name: 'No deleted runs.' })).toBeVisible();
  await page.getByRole('button', { name: 'Back to the runs' }).click();
  await expect(names(page)).toHaveText(['run a', 'run b', 'run c']);
});

test('values follow the run while one looks; a new run waits behind a pill and moves nothing', async ({ page, cellkeep }) => {
  const experimentName = `live table ${Date.now()}`;
  const run = await makeRun(cellkeep, { experimentName, name: 'growing', metrics: { auc: [0.5] } });
  await openPage(page, cellkeep, `/experiments/${run.experimentId}`);
  await expect(rows(page).first()).toContainText('0.5000');
  await cellkeep.client.tracking.runs.log({
    id: run.id,
    series: [{ key: 'auc', steps: [10], times: [Date.now()], values: [0.8125] }],
  });
  await expect(rows(page).first()).toContainText('0.8125');
  await cellkeep.client.tracking.runs.update({ id: run.id, status: 'finished' });
  await expect(rows(page).first()).toContainText('finished');

  await makeRun(cellkeep, { experimentName, name: 'newcomer' });
  const pill = page.getByRole('button', { name: '1 new' });
  await expect(pill).toBeVisible();
  await expect(names(page)).toHaveText(['growing']);
  await pill.click();
  await expect(names(page)).toHaveText(['newcomer', 'growing']);
});

test('of thousands of runs only what is seen is in the page, and the last one can be reached', async ({ page, cellkeep }) => {
  test.setTimeout(120_000);
  const experimentName = `many ${Date.now()}`;
  const start = Date.now();
  let experimentId = '';
  const writer = crypto.randomUUID();
  for (let batch = 0; batch < 2; batch++) {
    const records = Array.from({ length: 1_000 }, (_, i) => {
      const n = batch * 1_000 + i;
      const id = n.toString(16).padStart(8, '0') + crypto.randomUUID().replaceAll('-', '').slice(8);
      return { type: 'run.create', run: { id, experimentName, name: `run ${n}`, startedAt: start - n * 1_000, source: {} } };
    });
    const { rejected } = await cellkeep.client.tracking.ingest({ writer, seq: batch + 1, records });
    expect(rejected).toEqual([]);
  }
  const { experiments } = await cellkeep.client.tracking.experiments.list({ name: experimentName });
  experimentId = experiments[0]!.id;
  await openPage(page, cellkeep, `/experiments/${experimentId}`);
  await expect(page.getByText('of 2000')).toBeVisible();
  await expect(rows(page).filter({ hasText: /^run 0/ })).toBeInViewport();
  expect(await rows(page).count()).toBeLessThan(80);
  await table(page).focus();
  await page.keyboard.press('End');
  await expect(rows(page).filter({ hasText: 'run 1999' })).toBeInViewport();
  expect(await rows(page).count()).toBeLessThan(80);
  await page.keyboard.press('Home');
  await expect(rows(page).filter({ hasText: /^run 0/ })).toBeInViewport();
});

for (const theme of ['light', 'dark'] as const) {
  test(`hostile names are text and 360 px are enough (${theme})`, async ({ page, cellkeep }) => {
    const expectNoScripts = await watchForScripts(page);
    const run = await makeRun(cellkeep, {
      experimentName: `hostile table ${theme} ${Date.now()}`,
      name: HOSTILE,
      params: { note: HOSTILE },
      metrics: { auc: [0.5, 0.75] },
      status: 'finished',
    });
    await page.setViewportSize({ width: 360, height: 700 });
    await setTheme(page, theme);
    await openPage(page, cellkeep, `/experiments/${run.experimentId}`);
    await expect(names(page)).toHaveText([HOSTILE]);
    await expect(page.locator('.ck-plot[data-state="ready"]').first()).toBeVisible();
    await expectNoSideScroll(page);
    await page.getByRole('checkbox', { name: `Select ${HOSTILE}` }).click();
    await expect(page.getByRole('button', { name: 'Compare' })).toBeInViewport();
    await expectNoSideScroll(page);
    await expectNoScripts();
  });
}

test('an experiment that is not there says so', async ({ page, cellkeep }) => {
  await openPage(page, cellkeep, '/experiments/999999999');
  await expect(page.getByRole('heading', { name: 'There is no such experiment' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'All experiments' })).toBeVisible();
  await page.goto(`${cellkeep.url}/nowhere`);
  await expect(page.getByRole('heading', { name: 'There is no such page.' })).toBeVisible();
});
