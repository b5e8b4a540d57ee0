// Several runs side by side: what differs, what is best, curves in one picture; runs that come, go, are hidden or were never there.
import type { Page } from '@playwright/test';
import { type Cellkeep, expect, test } from './fixtures.ts';
import { expectNoSideScroll, falling, keepPicture, logPoints, makeRun, openPage, setTheme, watchForScripts } from './runs.ts';

const params = (page: Page) => page.getByRole('region', { name: 'Params', exact: true });
const metrics = (page: Page) => page.getByRole('region', { name: 'Metrics', exact: true });
const chips = (page: Page) => page.getByRole('list', { name: 'Compared runs' }).getByRole('listitem');
const names = async (page: Page) => await chips(page).locator('.ck-run-name').allTextContents();

async function twoRuns(cellkeep: Cellkeep) {
  const experimentName = test.info().title.slice(0, 200);
  const one = await makeRun(cellkeep, {
    experimentName,
    name: 'one',
    params: { rate: '0.1', model: 'forest' },
    metrics: { auc: [0.5, 0.7], loss: falling(50) },
    status: 'finished',
  });
  const two = await makeRun(cellkeep, {
    experimentName,
    name: 'two',
    params: { rate: '0.2', model: 'forest', seed: '7' },
    metrics: { auc: [0.5, 0.8], loss: falling(50, 2) },
    status: 'finished',
  });
  return [one, two] as const;
}

test('params that differ, the best of each metric and the curves of both are on one page', async ({ page, cellkeep }) => {
  const [one, two] = await twoRuns(cellkeep);
  await openPage(page, cellkeep, `/compare?runs=${one.id},${two.id}`);
  await expect(chips(page)).toHaveCount(2);
  await expect(params(page).getByRole('rowheader')).toHaveText(['rate', 'seed']);
  await expect(params(page)).toContainText('2 of 3 differ');
  await params(page).getByRole('button', { name: 'Show all' }).click();
  await expect(params(page).getByRole('rowheader')).toHaveText(['model', 'rate', 'seed']);

  // the greatest score and the least loss, until the person says otherwise
  const best = (key: string) =>
    metrics(page)
      .getByRole('row', { name: new RegExp(key) })
      .locator('[data-best]');
  await expect(best('auc')).toContainText('0.8000');
  await expect(best('loss')).toContainText('0.0862');
  await metrics(page).getByRole('button', { name: 'auc: higher is better' }).click();
  await expect(best('auc')).toContainText('0.7000');
  await metrics(page).getByRole('button', { name: 'Max' }).click();
  await expect(best('loss')).toContainText('1');

  const panel = page.getByRole('figure', { name: /loss by step, 2 runs/ });
  await expect(panel).toContainText('100 points');
});

test('dragging over one curve zooms all of them', async ({ page, cellkeep }) => {
  const experimentName = test.info().title;
  const run = await makeRun(cellkeep, { experimentName, name: 'one', metrics: { a: falling(100), b: falling(100) }, status: 'finished' });
  const other = await makeRun(cellkeep, { experimentName, name: 'two', metrics: { a: falling(100), b: falling(100) }, status: 'finished' });
  await openPage(page, cellkeep, `/compare?runs=${run.id},${other.id}`);
  const [a, b] = [page.getByRole('figure', { name: /^a by/ }), page.getByRole('figure', { name: /^b by/ })];
  await expect(a).toContainText('200 points');
  await expect(b).toContainText('200 points');
  const box = (await a.locator('.u-over').boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.25, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 40, { steps: 5 });
  await page.mouse.up();
  await expect(a.getByRole('button', { name: 'zoomed' })).toBeVisible();
  await expect(b.getByRole('button', { name: 'zoomed' })).toBeVisible();
  await page.getByRole('button', { name: 'Show all of x' }).click();
  await expect(page.getByRole('button', { name: 'zoomed' })).toHaveCount(0);
});

test('runs are hidden, ordered and taken out by keyboard, and the address follows', async ({ page, cellkeep }) => {
  const [one, two] = await twoRuns(cellkeep);
  await openPage(page, cellkeep, `/compare?runs=${one.id},${two.id}`);
  await expect(chips(page)).toHaveCount(2);
  expect(await names(page)).toEqual(['one', 'two']);
  await chips(page).first().focus();
  await page.keyboard.press('Alt+ArrowRight');
  await expect.poll(() => names(page)).toEqual(['two', 'one']);
  await expect(page).toHaveURL(new RegExp(`runs=${two.id},${one.id}`));
  await expect(chips(page).nth(1)).toBeFocused();

  await page.keyboard.press(' ');
  await expect(metrics(page).getByRole('columnheader', { name: 'one' })).toHaveCount(0);
  await expect(page.getByRole('figure', { name: /loss by step, 1 runs/ })).toBeVisible();
  await page.getByRole('button', { name: 'Show one' }).click();
  await expect(metrics(page).getByRole('columnheader', { name: 'one' })).toBeVisible();

  await chips(page).nth(1).focus();
  await page.keyboard.press('Delete');
  await expect(chips(page)).toHaveCount(1);
  await expect(page.getByText('Only one run')).toBeVisible();

  await page.getByRole('button', { name: 'Add runs' }).click();
  await page.getByRole('dialog', { name: 'Choose runs' }).getByText('one', { exact: true }).click();
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(chips(page)).toHaveCount(2);
});

test('a chip is dragged to its place', async ({ page, cellkeep }) => {
  const [one, two] = await twoRuns(cellkeep);
  await openPage(page, cellkeep, `/compare?runs=${one.id},${two.id}`);
  await expect(chips(page)).toHaveCount(2);
  await chips(page).nth(1).dragTo(chips(page).nth(0));
  await expect.poll(() => names(page)).toEqual(['two', 'one']);
});

test('a deleted run and one that never was are told apart, and neither hides the others', async ({ page, cellkeep }) => {
  const [one, two] = await twoRuns(cellkeep);
  await cellkeep.client.tracking.runs.delete({ ids: [two.id] });
  await openPage(page, cellkeep, `/compare?runs=${one.id},${two.id},${'f'.repeat(32)}`);
  await expect(chips(page)).toHaveCount(3);
  await expect(chips(page).nth(1)).toContainText('deleted');
  await expect(chips(page).nth(2)).toContainText('not found');
  await expect(page.getByText('1 run is not in this workspace.')).toBeVisible();
  await expect(params(page).getByRole('columnheader', { name: 'two' })).toBeVisible();
  await page.getByRole('button', { name: 'Take it out' }).click();
  await expect(chips(page)).toHaveCount(2);
});

test('a running run goes on growing beside the others', async ({ page, cellkeep }) => {
  const [one] = await twoRuns(cellkeep);
  const live = await makeRun(cellkeep, { experimentName: test.info().title, name: 'live', metrics: { loss: falling(10) } });
  await openPage(page, cellkeep, `/compare?runs=${one.id},${live.id}`);
  const panel = page.getByRole('figure', { name: /loss by step, 2 runs/ });
  await expect(panel).toContainText('60 points');
  await logPoints(cellkeep, live.id, { loss: falling(40, 0.5) }, 10);
  await expect(panel).toContainText('100 points');
});

test('with no runs the page says which can be compared', async ({ page, cellkeep }) => {
  await makeRun(cellkeep, { experimentName: 'to choose from', name: 'a choice of runs one', status: 'finished' });
  await makeRun(cellkeep, { experimentName: 'to choose from', name: 'a choice of runs two', status: 'finished' });
  await openPage(page, cellkeep, '/compare');
  await expect(page.getByRole('heading', { name: 'Which runs?' })).toBeVisible();
  await page.getByRole('searchbox', { name: 'Find a run by name' }).fill('a CHOICE of');
  await expect(page.locator('.ck-picker-row')).toHaveCount(2);
  for (const row of await page.locator('.ck-picker-row').all()) await row.click();
  await page.getByRole('button', { name: 'Compare' }).click();
  await expect(chips(page)).toHaveCount(2);
  await expect(params(page)).toContainText('None of these runs has a param.');
});

test('two hundred runs are compared, and what people named them runs nowhere', async ({ page, cellkeep }) => {
  const attack = '<img src=x onerror="window.pwned=1">';
  const ids: string[] = [];
  for (let at = 0; at < 200; at += 20) {
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        makeRun(cellkeep, {
          experimentName: 'two hundred',
          name: `${attack} ${at + i}`,
          params: { seed: String(at + i), html: attack },
          metrics: { loss: falling(30, 1 + (at + i) / 50) },
          status: 'finished',
        }),
      ),
    );
    ids.push(...made.map(({ id }) => id));
  }
  const check = await watchForScripts(page);
  await openPage(page, cellkeep, `/compare?runs=${ids.join(',')}`);
  await expect(chips(page)).toHaveCount(200);
  await expect(metrics(page).getByRole('table')).toHaveAttribute('aria-colcount', '201');
  const cells = metrics(page).getByRole('row', { name: /loss/ }).getByRole('cell');
  expect(await cells.count(), 'columns out of sight are not drawn').toBeLessThan(40);
  const last = metrics(page).getByRole('columnheader').last();
  await expect(last).not.toContainText('> 199');
  const scrolls = page.getByRole('region', { name: 'Metrics, table' });
  await scrolls.focus();
  await scrolls.evaluate((box) => box.scrollTo({ left: box.scrollWidth }));
  await expect(last).toContainText(`${attack} 199`);
  await expect(last).toBeInViewport();
  await expect(last).toHaveAttribute('aria-colindex', '201');
  await expect(cells.last()).toHaveText('1.168');
  expect(await cells.count()).toBeLessThan(40);
  await keepPicture(page, 'compare-200-end.png');
  await expect(page.getByRole('figure', { name: /loss by step, 200 runs/ })).toContainText('points');
  await check();
});

for (const theme of ['light', 'dark'] as const) {
  test(`a comparison fits 360 px, ${theme}`, async ({ page, cellkeep }) => {
    await page.setViewportSize({ width: 360, height: 760 });
    const [one, two] = await twoRuns(cellkeep);
    await openPage(page, cellkeep, `/compare?runs=${one.id},${two.id}`);
    await setTheme(page, theme);
    const panel = page.getByRole('figure', { name: /loss by/ });
    await panel.scrollIntoViewIfNeeded(); // what nobody sees is not drawn
    await expect(panel).toContainText('100 points');
    await expectNoSideScroll(page);
    await keepPicture(page, 'compare.png');
  });
}
