// Curves: outliers, logarithmic axes, finer points where zoomed, the line under the pointer, keys, tables, hundreds of runs.
import type { Locator, Page } from '@playwright/test';
import { type Cellkeep, expect, test } from './fixtures.ts';
import { expectNoSideScroll, falling, keepPicture, makeRun, openPage, setTheme } from './runs.ts';

const panel = (page: Page, metric: string) => page.getByRole('figure', { name: new RegExp(`^${metric} by`) });
const more = async (page: Page, metric: string, item: string) => {
  await page.getByRole('button', { name: `More for ${metric}`, exact: true }).click();
  await page.getByRole('menuitemcheckbox', { name: item }).click();
};

async function drag(page: Page, plot: Locator, from: number, to: number): Promise<void> {
  const box = (await plot.locator('.u-over').boundingBox())!;
  await page.mouse.move(box.x + box.width * from, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * to, box.y + 40, { steps: 5 });
  await page.mouse.up();
}

/** Metric histories that the page asked for. */
function watchHistory(page: Page): { runIds: string[]; keys: string[]; fromStep?: number; toStep?: number }[] {
  const asked: { runIds: string[]; keys: string[]; fromStep?: number; toStep?: number }[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/metrics/history')) asked.push(request.postDataJSON());
  });
  return asked;
}

test('outliers are cut off and counted, and the axis that is held stays', async ({ page, cellkeep }) => {
  const values = Array.from({ length: 300 }, (_, i) => (i === 150 ? 1e6 : Math.sin(i / 20)));
  const run = await makeRun(cellkeep, { experimentName: test.info().title, name: 'spiky', metrics: { loss: values }, status: 'finished' });
  await openPage(page, cellkeep, `/runs/${run.id}/curves`);
  await expect(panel(page, 'loss')).toContainText('300 points');
  await page.getByLabel('Outliers').selectOption({ label: 'middle 99 %' });
  await expect(panel(page, 'loss')).toContainText(/[1-4] outside · 300 points/);
  await more(page, 'loss', 'Hold the y axis');
  await page.getByLabel('Outliers').selectOption({ label: 'all shown' });
  await expect(panel(page, 'loss')).toContainText(/[1-4] outside/);
  await page.getByRole('button', { name: 'y held' }).click();
  await expect(panel(page, 'loss')).not.toContainText('outside');
});

test('the zoomed part is asked for again, finer, on the axis of time, too; a double click shows all', async ({ page, cellkeep }) => {
  const n = 40_000;
  const run = await makeRun(cellkeep, {
    experimentName: 'zoomed',
    name: 'long',
    metrics: { loss: Array.from({ length: n }, (_, i) => Math.sin(i / 500) + (i % 7) / 10) },
    status: 'finished',
  });
  const asked = watchHistory(page);
  await openPage(page, cellkeep, `/runs/${run.id}/curves`);
  const loss = panel(page, 'loss');
  await expect(loss).toContainText('2000 of 40\u2009000 points');
  await drag(page, loss, 0.5, 0.52);
  await expect(loss).toContainText(/9\d\d points|8\d\d points/);
  const zoomed = asked.at(-1)!;
  expect(zoomed.fromStep).toBeGreaterThan(19_000);
  expect(zoomed.toStep).toBeLessThan(21_500);
  await loss.locator('.u-over').dblclick();
  await expect(loss).toContainText('2000 of 40\u2009000 points');

  await page.getByRole('button', { name: 'Relative' }).click();
  await drag(page, panel(page, 'loss'), 0.5, 0.52);
  await expect(panel(page, 'loss')).toContainText(/[89]\d\d points|1\u2009?[0-2]\d\d points/);
});

test('curves are read by the arrows, zoomed by plus, shown whole by Escape, and are a table for who wants one', async ({
  page,
  cellkeep,
}) => {
  const run = await makeRun(cellkeep, {
    experimentName: test.info().title,
    name: 'read',
    metrics: { auc: [0.5, 0.6, 0.9] },
    status: 'finished',
  });
  await openPage(page, cellkeep, `/runs/${run.id}/curves`);
  const auc = panel(page, 'auc');
  await expect(auc).toContainText('3 points');
  await auc.locator('.ck-plot').focus();
  await page.keyboard.press('ArrowRight');
  await expect(auc.getByRole('status')).toHaveText('1, read 0.6000');
  await page.keyboard.press('+');
  await expect(auc.getByRole('button', { name: 'zoomed' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(auc.getByRole('button', { name: 'zoomed' })).toHaveCount(0);
  await more(page, 'auc', 'As a table');
  await expect(auc.getByRole('row', { name: /read/ }).getByRole('cell')).toHaveText(['3', '0.5000', '0.9000', '0.5000', '0.9000', '2']);
});

test('the line under the pointer stands out in every panel, with its name first', async ({ page, cellkeep }) => {
  const runs = await Promise.all(
    [1, 2, 3].map((n) =>
      makeRun(cellkeep, {
        experimentName: test.info().title,
        name: `level-${n}`,
        metrics: { a: [n, n, n], b: [n, n * 2, n] },
        status: 'finished',
      }),
    ),
  );
  await openPage(page, cellkeep, `/compare?runs=${runs.map(({ id }) => id).join(',')}`);
  await expect(panel(page, 'a')).toContainText('9 points');
  const box = (await panel(page, 'a').locator('.u-over').boundingBox())!;
  // 1, 2, 3 from bottom to top, with room above and below: the middle is the second
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await expect(panel(page, 'a').locator('.ck-tooltip [data-meant]')).toContainText('level-2');
  await expect(panel(page, 'b').locator('.ck-tooltip [data-meant]')).toContainText('level-2');
  await expect(page.locator('.ck-compare-chip[data-lit]')).toContainText('level-2');
});

test('smoothing, axes and zoom are the address', async ({ page, cellkeep }) => {
  const run = await makeRun(cellkeep, { experimentName: 'address', name: 'one', metrics: { loss: falling(100) }, status: 'finished' });
  const other = await makeRun(cellkeep, { experimentName: 'address', name: 'two', metrics: { loss: falling(100) }, status: 'finished' });
  await openPage(
    page,
    cellkeep,
    `/compare?runs=${run.id},${other.id}&x=step&smooth=0.6&log=1&logx=1&zoom=10,50&hide=${other.id.slice(0, 12)}`,
  );
  await expect(page.getByRole('figure', { name: /loss by step, 1 runs/ }).getByRole('button', { name: 'zoomed' })).toBeVisible();
  await expect(page.getByLabel('Smoothing')).toHaveValue('0.6');
  await expect(page.getByRole('button', { name: 'Log', exact: true })).toHaveAttribute('aria-pressed', 'true');
  await page.getByRole('button', { name: 'Log x' }).click();
  await expect(page).not.toHaveURL(/logx/);
  await page.getByRole('button', { name: 'Show all', exact: true }).first().click();
  await expect(page).not.toHaveURL(/hide/);
  await page.getByRole('button', { name: 'Show all of x' }).click();
  await expect(page).not.toHaveURL(/zoom/);
});

async function manyRuns(cellkeep: Cellkeep, n: number, steps: number): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < n; at += 20) {
    const made = await Promise.all(
      Array.from({ length: Math.min(20, n - at) }, (_, i) =>
        makeRun(cellkeep, {
          experimentName: 'hundreds of runs',
          name: `many-${at + i}`,
          params: { seed: String(at + i), lr: String(0.001 * (1 + ((at + i) % 9))) },
          metrics: {
            loss: Array.from(
              { length: steps },
              (_, step) => Math.exp(-step / (steps / 3)) + (at + i) / 200 + Math.sin(step * (at + i + 1)) / 30,
            ),
            acc: Array.from({ length: steps }, (_, step) => 1 - Math.exp(-step / (steps / 2)) - (at + i) / 400),
          },
          status: 'finished',
        }),
      ),
    );
    ids.push(...made.map(({ id }) => id));
  }
  return ids;
}

test('two hundred runs: asked for in few requests, drawn soon, one found by its name', async ({ page, cellkeep }) => {
  test.setTimeout(240_000);
  const ids = await manyRuns(cellkeep, 200, 600);
  const asked = watchHistory(page);
  await openPage(page, cellkeep, `/compare?runs=${ids.slice(0, 2).join(',')}`); // code and fonts are there
  await expect(page.locator('.ck-plot[data-state="ready"]')).toHaveCount(2);
  asked.length = 0;
  await page.goto(`${cellkeep.url}/compare?runs=${ids.join(',')}`);
  await expect(panel(page, 'loss')).toContainText('60\u2009000 of 120\u2009000 points', { timeout: 60_000 });
  await expect(panel(page, 'acc')).toContainText('60\u2009000 of 120\u2009000 points', { timeout: 60_000 });
  expect(asked.map(({ runIds, keys }) => [runIds.length, keys])).toEqual([[200, ['acc', 'loss']]]);

  await page.getByRole('searchbox', { name: 'Find one of 200 runs' }).fill('many-19');
  await expect(page.getByRole('list', { name: 'Compared runs' }).getByRole('listitem')).toHaveCount(11);
  const box = (await panel(page, 'acc').locator('.u-over').boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.7, box.y + box.height * 0.4);
  await expect(panel(page, 'acc').locator('.ck-tooltip [data-meant]')).toContainText('many-');
  await keepPicture(page, '200 runs.png');
  await setTheme(page, 'dark');
  await keepPicture(page, '200 runs, dark.png');
  await page.setViewportSize({ width: 360, height: 760 });
  await expectNoSideScroll(page);
});
