// Runs gathered by what they have in common: counts, one number for each metric, and the runs behind a press.
import { expect, test } from './fixtures.ts';
import { makeRun, openPage } from './runs.ts';
import { experimentOf, openMenu, rows, shownNames, table } from './tableOf.ts';

const group = (page: import('@playwright/test').Page, name: string) => page.locator('.ck-group').filter({ hasText: name });

test('grouped by a param: counts and the best of each, opened and closed by press and by key, kept in the address', async ({
  page,
  cellkeep,
}) => {
  const id = await experimentOf(cellkeep, 'abcde');
  await openPage(page, cellkeep, `/experiments/${id}`);
  await page.getByRole('button', { name: 'Group by', exact: true }).click();
  await page.getByRole('dialog', { name: 'Group by' }).getByRole('checkbox', { name: 'model' }).click();
  await page.keyboard.press('Escape');
  await expect(group(page, 'forest')).toContainText('3');
  await expect(group(page, 'forest')).toContainText('max 0.6400');
  await expect(group(page, 'mlp')).toContainText('max 0.6300');
  await expect(group(page, 'mlp').getByRole('gridcell').nth(0)).toContainText('2');
  await expect(page.getByText('2 groups · 5 runs').first()).toBeVisible();
  await expect(page).toHaveURL(/group=params\.model/);

  await group(page, 'mlp').getByRole('button', { name: 'mlp: 2 runs' }).click();
  await expect.poll(() => shownNames(page)).toEqual(['run b', 'run d']);
  await expect(group(page, 'mlp')).toHaveAttribute('aria-expanded', 'true');

  // By keys alone: up to the head of the group, closed; the other one opened.
  await table(page).focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => shownNames(page)).toEqual(['run a', 'run c', 'run e', 'run b', 'run d']);
  await page.keyboard.press('ArrowLeft');
  await expect.poll(() => shownNames(page)).toEqual(['run b', 'run d']);
  await page.keyboard.press('Space');
  await expect(page.getByText('3 selected')).toBeVisible();

  await page.reload();
  await expect(group(page, 'forest')).toBeVisible();
});

test('the number of a group is chosen for each column', async ({ page, cellkeep }) => {
  const id = await experimentOf(cellkeep, 'abcd');
  await openPage(page, cellkeep, `/experiments/${id}?group=params.model&columns=metrics.auc`);
  await expect(group(page, 'forest')).toContainText('max 0.6200');
  for (const [name, wanted] of [
    ['mean', 'mean 0.6100'],
    ['min', 'min 0.6000'],
    ['max', 'max 0.6200'],
  ] as const) {
    const menu = await openMenu(page, 'auc');
    await menu.getByRole('group', { name: 'Groups show' }).getByRole('button', { name, exact: true }).click();
    await expect(group(page, 'forest')).toContainText(wanted);
    await page.keyboard.press('Escape');
  }
  await expect(page).toHaveURL(/sum=metrics\.auc%3Amax/);
});

test('a group within a group; a value that looks like the grammar is a value, and what has none is a group too', async ({
  page,
  cellkeep,
}) => {
  const experimentName = `hostile groups ${Date.now()}`;
  const hostile = `x' or params.k != '`;
  const make = (name: string, params: Record<string, string>) => makeRun(cellkeep, { experimentName, name, params, status: 'finished' });
  await make('one', { 'the key': hostile, k: '1' });
  await make('two', { 'the key': hostile, k: '2' });
  const { experimentId } = await make('three', { k: '1' });
  await openPage(page, cellkeep, `/experiments/${experimentId}?group=params.the%20key~params.k&filter=params.k%20is%20not%20null`);
  await expect(page.getByText('2 groups · 3 runs').first()).toBeVisible();
  await group(page, hostile)
    .getByRole('button', { name: /2 runs/ })
    .click();
  const inner = page.locator('.ck-group[aria-level="2"]');
  await expect(inner).toHaveCount(2);
  await inner.filter({ hasText: '2' }).last().getByRole('button', { name: '2: 1 runs' }).click();
  await expect.poll(() => shownNames(page)).toEqual(['two']);
  await group(page, 'none')
    .getByRole('button', { name: /1 runs/ })
    .click();
  await page.locator('.ck-group[aria-level="2"]').last().getByRole('button', { name: '1: 1 runs' }).click();
  await expect.poll(() => shownNames(page)).toEqual(['two', 'three']);
});

test('a wrong filter above groups says where, and all groups are gone with one press', async ({ page, cellkeep }) => {
  const id = await experimentOf(cellkeep, 'ab');
  await openPage(page, cellkeep, `/experiments/${id}?group=params.model&filter=metrics.auc%20%3E`);
  await expect(page.locator('.ck-filter-error')).toContainText('column');
  await page.getByRole('button', { name: 'Clear the filter' }).last().click();
  await expect(group(page, 'forest')).toBeVisible();
  await page.getByRole('button', { name: 'Remove model' }).click();
  await expect(rows(page)).toHaveCount(2);
  await expect(page).not.toHaveURL(/group=/);
});
