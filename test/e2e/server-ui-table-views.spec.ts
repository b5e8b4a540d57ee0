// Saved and shared views of the run table, and what is done to many runs at once: tags, archive, export.
import { readFileSync } from 'node:fs';
import { expect, test } from './fixtures.ts';
import { openPage } from './runs.ts';
import { experimentOf, shownNames, table } from './tableOf.ts';

test('what is shown is saved under a name, shown again, changed, renamed, shared and removed', async ({ page, cellkeep }) => {
  const id = await experimentOf(cellkeep, 'abcd');
  const name = `<b>forests</b> ${Date.now()}`;
  await openPage(page, cellkeep, `/experiments/${id}`);
  await expect.poll(() => shownNames(page)).toEqual(['run a', 'run b', 'run c', 'run d']);
  const rail = page.getByRole('navigation', { name: 'Views and experiments' });
  await expect(rail.getByRole('button', { name: 'Save view' })).toBeDisabled();
  await page.goto(`${cellkeep.url}/experiments/${id}?filter=params.model%20%3D%20'forest'&sort=-metrics.auc`);
  await expect.poll(() => shownNames(page)).toEqual(['run c', 'run a']);
  await rail.getByRole('button', { name: 'Save view' }).click();
  await page.getByLabel('Name of the view').fill(name);
  await page.keyboard.press('Enter');
  await expect(rail.getByRole('button', { name, exact: true })).toBeVisible();
  await expect(page).toHaveURL(/view=[0-9a-f-]{36}/);

  await rail.getByRole('button', { name: 'All runs' }).click();
  await expect.poll(() => shownNames(page)).toEqual(['run a', 'run b', 'run c', 'run d']);
  await rail.getByRole('button', { name, exact: true }).click();
  await expect.poll(() => shownNames(page)).toEqual(['run c', 'run a']);

  // Another order: the view is changed, and says so until it is saved.
  await page.getByRole('columnheader', { name: 'auc', exact: true }).getByRole('button', { name: 'auc', exact: true }).click();
  await expect(rail.getByText('· changed')).toBeVisible();
  await rail.getByRole('button', { name: `Save to “${name}”` }).click();
  await expect(rail.getByText('· changed')).toHaveCount(0);
  const saved = (await cellkeep.client.collaboration.views.list({ experimentId: id })).views.find((view) => view.name === name);
  expect(saved).toMatchObject({ shared: false, state: expect.stringContaining('sort=metrics.auc') });

  const choose = async (item: string, of = name) => {
    await rail.getByRole('button', { name: `Menu of the view ${of}` }).click();
    await page.getByRole('menuitem', { name: item }).click();
  };
  await choose('Share with the team');
  await expect(rail.getByRole('heading', { name: 'Shared with the team' })).toBeVisible();
  await choose('Rename');
  await page.getByLabel('Name of the view').fill('trees');
  await page.keyboard.press('Enter');
  await expect(rail.getByRole('button', { name: 'trees', exact: true })).toBeVisible();
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await choose('Copy link', 'trees');
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain(`/experiments/${id}?filter=params.model`);
  await choose('Delete', 'trees');
  await expect(rail.getByRole('button', { name: 'trees', exact: true })).toHaveCount(0);
  expect((await cellkeep.client.collaboration.views.list({ experimentId: id })).views).toEqual([]);
});

test('where there is no room beside the table the views open over it', async ({ page, cellkeep }) => {
  const id = await experimentOf(cellkeep, 'ab');
  await page.setViewportSize({ width: 640, height: 700 });
  await openPage(page, cellkeep, `/experiments/${id}?sort=params.model`);
  await expect(page.getByRole('navigation', { name: 'Views and experiments' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Views', exact: true }).click();
  await page.getByRole('dialog', { name: 'Views' }).getByRole('button', { name: 'All runs' }).click();
  await expect(page).not.toHaveURL(/sort=/);
});

test('runs are archived by key, found among the archived ones, and brought back; a tag is taken back as it was', async ({
  page,
  cellkeep,
}) => {
  const id = await experimentOf(cellkeep, 'abcd');
  await openPage(page, cellkeep, `/experiments/${id}`);
  await expect.poll(() => shownNames(page)).toEqual(['run a', 'run b', 'run c', 'run d']);
  await table(page).focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('e');
  await expect.poll(() => shownNames(page)).toEqual(['run c', 'run d']);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect.poll(() => shownNames(page)).toEqual(['run a', 'run b', 'run c', 'run d']);

  await page.getByRole('checkbox', { name: 'Select run d' }).click();
  await page.locator('.ck-selection').getByRole('button', { name: 'Archive' }).click();
  await expect.poll(() => shownNames(page)).toEqual(['run a', 'run b', 'run c']);
  await page.getByRole('button', { name: 'Runs shown: Active' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Archived' }).click();
  await expect.poll(() => shownNames(page)).toEqual(['run d']);
  await page.getByRole('checkbox', { name: 'Select run d' }).click();
  await page.locator('.ck-selection').getByRole('button', { name: 'Unarchive' }).click();
  await expect(page.getByRole('heading', { name: 'No archived runs.' })).toBeVisible();
  await page.getByRole('button', { name: 'Back to the runs' }).click();
  await expect.poll(() => shownNames(page)).toEqual(['run a', 'run b', 'run c', 'run d']);

  const teams = async () => {
    const { runs } = await cellkeep.client.tracking.runs.search({ experimentIds: [id] });
    return runs.map(({ tags }) => tags.team ?? null);
  };
  expect(await teams()).toEqual(['x', 'x', 'y', 'y']);
  await table(page).focus();
  await page.keyboard.press('Control+a');
  await expect(page.getByText('4 selected')).toBeVisible();
  await page.keyboard.press('t');
  await page.getByLabel('Tag: key or key=value').fill('team=z');
  await page.keyboard.press('Enter');
  await expect.poll(teams).toEqual(['z', 'z', 'z', 'z']);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect.poll(teams).toEqual(['x', 'x', 'y', 'y']);
});

test('the runs that match, or the selected ones, come as a file', async ({ page, cellkeep }) => {
  const id = await experimentOf(cellkeep, 'abc');
  await openPage(page, cellkeep, `/experiments/${id}?filter=params.model%20%3D%20'forest'`);
  await expect.poll(() => shownNames(page)).toEqual(['run a', 'run c']);
  const fileOf = async (item: RegExp) => {
    await page.getByRole('button', { name: 'Export' }).click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: item }).click()]);
    return readFileSync(await download.path());
  };
  const csv = (await fileOf(/^CSV: all 2/)).toString();
  expect(csv.trim().split('\n')).toHaveLength(3);
  expect(csv).toContain('run a');
  expect(csv).not.toContain('run b');
  expect((await fileOf(/^Parquet: all 2/)).subarray(0, 4).toString()).toBe('PAR1');
  await page.getByRole('checkbox', { name: 'Select run c' }).click();
  const lines = (await fileOf(/^JSON lines: the 1 selected/)).toString().trim().split('\n');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('run c');
});
