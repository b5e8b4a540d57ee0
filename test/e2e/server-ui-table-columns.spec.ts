// The columns of the run table: pinned, moved, resized, hidden, coloured, filtered by, two orders; by mouse and by keys.
import { expect, test } from './fixtures.ts';
import { falling, makeRun, openPage } from './runs.ts';
import { experimentOf, headerOf, names, openMenu, rows, shownHeads, shownNames, table } from './tableOf.ts';

const COLUMNS = 'columns=metrics.auc~params.model~params.depth~metrics.loss~when&charts=off';

test('pinned columns stand at the left while the others scroll', async ({ page, cellkeep }) => {
  const id = await experimentOf(cellkeep, 'ab');
  await page.setViewportSize({ width: 700, height: 600 });
  await openPage(page, cellkeep, `/experiments/${id}?${COLUMNS}`);
  const menu = await openMenu(page, 'depth');
  await menu.getByRole('button', { name: 'Pin to the left' }).click();
  await expect.poll(() => shownHeads(page)).toEqual(['Run', 'depth', 'auc', 'model', 'loss', 'When']);
  const before = await headerOf(page, 'depth').boundingBox();
  await table(page).evaluate((grid) => grid.scrollTo({ left: 400 }));
  await expect(async () => expect((await headerOf(page, 'depth').boundingBox())?.x).toBeCloseTo(before?.x ?? 0, 0)).toPass();
  await expect(page).toHaveURL(/pin=params\.depth/);
  await (await openMenu(page, 'depth')).getByRole('button', { name: 'Unpin' }).click();
  await expect.poll(() => shownHeads(page)).toEqual(['Run', 'auc', 'model', 'depth', 'loss', 'When']);
});

test('a column is dragged to another place, and made wider by its edge', async ({ page, cellkeep }) => {
  const id = await experimentOf(cellkeep, 'ab');
  await openPage(page, cellkeep, `/experiments/${id}?${COLUMNS}`);
  await expect.poll(() => shownHeads(page)).toEqual(['Run', 'auc', 'model', 'depth', 'loss', 'When']);
  await headerOf(page, 'depth').dragTo(headerOf(page, 'auc'));
  await expect.poll(() => shownHeads(page)).toEqual(['Run', 'depth', 'auc', 'model', 'loss', 'When']);
  await page.reload();
  await expect.poll(() => shownHeads(page)).toEqual(['Run', 'depth', 'auc', 'model', 'loss', 'When']);

  const box = await headerOf(page, 'model').boundingBox();
  if (!box) throw new Error('no header');
  await page.mouse.move(box.x + box.width, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width + 60, box.y + 10, { steps: 4 });
  await page.mouse.up();
  await expect.poll(async () => (await headerOf(page, 'model').boundingBox())?.width).toBeGreaterThan(box.width + 50);
  await expect(page).toHaveURL(/widths=params\.model/);
});

test('by keys alone: two orders, moved, wider, pinned, hidden, and the menu of a column', async ({ page, cellkeep }) => {
  const id = await experimentOf(cellkeep, 'abcd');
  await openPage(page, cellkeep, `/experiments/${id}?${COLUMNS}`);
  await expect(rows(page)).toHaveCount(4);
  await table(page).focus();
  for (const key of ['ArrowUp', 'ArrowRight', 'ArrowRight', 'Enter']) await page.keyboard.press(key); // model
  await expect.poll(() => shownNames(page)).toEqual(['run a', 'run c', 'run b', 'run d']);
  await page.keyboard.press('ArrowLeft'); // auc
  await page.keyboard.press('Shift+Enter');
  await expect.poll(() => shownNames(page)).toEqual(['run c', 'run a', 'run d', 'run b']);
  await expect(page).toHaveURL(/sort=params\.model%7E-metrics\.auc|sort=params\.model~-metrics\.auc/);

  const width = (await headerOf(page, 'auc').boundingBox())?.width ?? 0;
  await page.keyboard.press('Shift+ArrowRight');
  await expect.poll(async () => (await headerOf(page, 'auc').boundingBox())?.width).toBe(width + 16);
  await page.keyboard.press('Alt+ArrowRight');
  await expect.poll(() => shownHeads(page)).toEqual(['Run', 'model', 'auc', 'depth', 'loss', 'When']);
  await page.keyboard.press('p');
  await expect.poll(() => shownHeads(page)).toEqual(['Run', 'auc', 'model', 'depth', 'loss', 'When']);
  await page.keyboard.press('Delete');
  await expect.poll(() => shownHeads(page)).toEqual(['Run', 'model', 'depth', 'loss', 'When']);
  await page.keyboard.press('m');
  await expect(page.getByRole('dialog', { name: /^Column / })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog', { name: /^Column / })).toHaveCount(0);
});

test('the menu of a column shows how its values spread, and each of them is a filter', async ({ page, cellkeep }) => {
  const id = await experimentOf(cellkeep, 'abcde');
  await openPage(page, cellkeep, `/experiments/${id}?${COLUMNS}`);
  const words = await openMenu(page, 'model');
  await words.getByRole('button', { name: 'Only forest: 3 runs' }).click();
  await expect(page.getByRole('combobox', { name: 'Filter runs' })).toHaveValue("params.model = 'forest'");
  await expect.poll(() => shownNames(page)).toEqual(['run a', 'run c', 'run e']);

  const numbers = await openMenu(page, 'auc');
  const bars = numbers.getByRole('figure', { name: 'Histogram of auc' }).getByRole('button');
  await expect(bars).toHaveCount(3);
  await expect(numbers).toContainText('3 runs have it');
  await expect(numbers.locator('.ck-column-facts')).toContainText('0.6200');
  await bars.last().click();
  await expect.poll(() => shownNames(page)).toEqual(['run e']);

  await page.getByRole('button', { name: 'Clear the filter' }).click();
  const form = await openMenu(page, 'auc');
  await form.getByLabel('Value to filter by').fill('0.62');
  await page.keyboard.press('Enter');
  await expect.poll(() => shownNames(page)).toEqual(['run d', 'run e']);
  const words2 = await openMenu(page, 'auc');
  await words2.getByLabel('Value to filter by').fill('much');
  await expect(words2.getByLabel('Value to filter by')).toHaveAttribute('aria-invalid', 'true');
  await expect(words2.getByRole('button', { name: 'Filter', exact: true })).toBeDisabled();
});

test('cells are coloured by value: the good end strong, by length as well as by colour', async ({ page, cellkeep }) => {
  const id = await experimentOf(cellkeep, 'abc');
  await openPage(page, cellkeep, `/experiments/${id}?${COLUMNS}`);
  const menu = await openMenu(page, 'loss');
  await menu.getByRole('button', { name: 'Lower is better' }).click();
  await page.keyboard.press('Escape');
  const tintOf = (name: string) =>
    rows(page)
      .filter({ hasText: name })
      .locator('[data-tint]')
      .evaluate((cell) => ({ tint: cell.style.getPropertyValue('--ck-tint'), bar: getComputedStyle(cell, '::before').width }));
  expect((await tintOf('run a')).tint).toBe('1');
  expect(await tintOf('run c')).toEqual({ tint: '0', bar: '0px' });
  expect((await tintOf('run a')).bar).not.toBe('0px');
  await (await openMenu(page, 'loss')).getByRole('button', { name: 'Higher is better' }).click();
  await expect.poll(async () => (await tintOf('run a')).tint).toBe('0');
});

test('a curve stands beside its metric, and goes again', async ({ page, cellkeep }) => {
  const id = await experimentOf(cellkeep, 'ab');
  await openPage(page, cellkeep, `/experiments/${id}?${COLUMNS}`);
  await (await openMenu(page, 'loss')).getByRole('button', { name: 'Show its curve beside it' }).click();
  await expect.poll(() => shownHeads(page)).toEqual(['Run', 'auc', 'model', 'depth', 'loss', '∿ loss', 'When']);
  await expect(rows(page).first().locator('svg.ck-spark path')).toHaveAttribute('d', /^M/);
  await (await openMenu(page, 'loss')).getByRole('button', { name: 'Hide its curve' }).click();
  await expect.poll(() => shownHeads(page)).not.toContain('∿ loss');
});

test('thousands of metrics are columns by one pattern; only those in sight are in the page, with their values', async ({
  page,
  cellkeep,
}) => {
  test.setTimeout(180_000);
  const experimentName = `wide ${Date.now()}`;
  const keys = Array.from({ length: 3_000 }, (_, i) => `layer${String(i).padStart(4, '0')}/norm`);
  const metrics = Object.fromEntries(keys.map((key, i) => [key, [i]]));
  const run = await makeRun(cellkeep, { experimentName, name: 'wide', metrics: { ...metrics, loss: falling(3) } });
  await openPage(page, cellkeep, `/experiments/${run.experimentId}?charts=off`);
  await expect(names(page)).toHaveText(['wide']);
  await page.getByRole('button', { name: /^Columns/ }).click();
  const chooser = page.getByRole('dialog', { name: 'Columns' });
  await chooser.getByLabel('Search columns').fill('layer');
  await chooser.getByRole('button', { name: /^Show all 3000 metrics like/ }).click();
  await page.keyboard.press('Escape');
  await expect(page).toHaveURL(/columns=[^&]*metrics\.\*layer\*/);
  await expect(table(page)).toHaveAttribute('aria-colcount', /^30\d\d$/);
  expect(await page.getByRole('columnheader').count()).toBeLessThan(40);
  await table(page).focus();
  await page.keyboard.press('Control+ArrowRight');
  await expect(headerOf(page, 'layer2999/norm')).toBeInViewport();
  await expect(rows(page).getByText('2999', { exact: true })).toBeInViewport();
  expect(await page.getByRole('columnheader').count()).toBeLessThan(40);
});
