// How params and metrics hang together over runs: parallel coordinates, scatter, box plot, importance; brushes, addresses, files, tables.
import { readFile } from 'node:fs/promises';
import type { Download, Page } from '@playwright/test';
import { type Cellkeep, expect, test } from './fixtures.ts';
import { expectNoSideScroll, falling, keepPicture, makeRun, openPage, setTheme, watchForScripts } from './runs.ts';

const relations = (page: Page) => page.getByRole('region', { name: 'Relations', exact: true });
const chips = (page: Page) => page.getByRole('list', { name: 'Compared runs' }).getByRole('listitem');

/** A grid of runs whose auc hangs on the learning rate alone. */
async function sweep(cellkeep: Cellkeep, n: number): Promise<string[]> {
  const made = await Promise.all(
    Array.from({ length: n }, (_, i) => {
      const lr = 10 ** (-4 + (i % 6) * 0.6);
      return makeRun(cellkeep, {
        experimentName: test.info().title.slice(0, 200),
        name: `sweep-${String(i).padStart(2, '0')}`,
        params: { lr: lr.toPrecision(3), depth: String(2 + (i % 5)), model: ['forest', 'linear', 'mlp'][i % 3] as string },
        metrics: { auc: [0.5, 0.6 + (i % 6) * 0.06 + (i % 4) * 0.002], loss: falling(20, 1 + i / 10) },
        status: 'finished',
      });
    }),
  );
  return made.map(({ id }) => id);
}

const textOf = async (download: Download) => await readFile(await download.path(), 'utf8');
async function save(page: Page, chart: string, item: string): Promise<Download> {
  await page.getByRole('button', { name: `More for ${chart}` }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: item }).click();
  return await download;
}

test('a drag along an axis chooses runs on the whole page, and the address keeps it', async ({ page, cellkeep }) => {
  const ids = await sweep(cellkeep, 12);
  await openPage(page, cellkeep, `/compare?runs=${ids.join(',')}`);
  const chart = relations(page).getByRole('figure', { name: 'Parallel coordinates' });
  await chart.scrollIntoViewIfNeeded();
  await expect(chart.getByRole('button', { name: /^Axis/ })).toHaveCount(4);
  const grip = (await chart.locator('.ck-parallel-grip').last().boundingBox())!;
  const x = grip.x + grip.width / 2;
  await page.mouse.move(x, grip.y + 2);
  await page.mouse.down();
  await page.mouse.move(x, grip.y + grip.height * 0.25, { steps: 6 });
  await page.mouse.up();
  await expect(page.getByText('4 of 12 runs are chosen on a chart')).toBeVisible();
  await expect(page.locator('.ck-compare-chip[data-faded]')).toHaveCount(8);
  await expect(page).toHaveURL(/brush=metrics\.auc/);
  await page.reload();
  await page.getByRole('figure', { name: 'Parallel coordinates' }).scrollIntoViewIfNeeded();
  await expect(page.getByText('4 of 12 runs are chosen on a chart')).toBeVisible();
  await page.getByRole('button', { name: 'Take the others out' }).click();
  await expect(chips(page)).toHaveCount(4);
});

test('axes are moved, made logarithmic, narrowed and taken out by keyboard', async ({ page, cellkeep }) => {
  const ids = await sweep(cellkeep, 12);
  await openPage(page, cellkeep, `/compare?runs=${ids.join(',')}`);
  const chart = relations(page).getByRole('figure', { name: 'Parallel coordinates' });
  await chart.scrollIntoViewIfNeeded();
  const axes = chart.getByRole('button', { name: /^Axis/ });
  const names = async () =>
    (await axes.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')?.split(/[ ,]/)[1]))) as string[];
  await expect.poll(names).toEqual(['depth', 'lr', 'model', 'auc']);
  await axes.nth(1).focus();
  await page.keyboard.press('Alt+ArrowLeft');
  await expect.poll(names).toEqual(['lr', 'depth', 'model', 'auc']);
  await axes.first().focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitemcheckbox', { name: 'Logarithmic' }).click();
  await expect(axes.first()).toHaveAccessibleName(/logarithmic/);
  await axes.nth(3).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Only the upper half' }).click();
  await expect(page.getByText('6 of 12 runs are chosen on a chart')).toBeVisible();
  await axes.nth(1).focus();
  await page.keyboard.press('Delete');
  await expect.poll(names).toEqual(['lr', 'model', 'auc']);
  await page.getByRole('button', { name: 'Choose none' }).click();
  await expect(page.locator('.ck-compare-chip[data-faded]')).toHaveCount(0);
});

test('an axis is dragged to its place', async ({ page, cellkeep }) => {
  const ids = await sweep(cellkeep, 6);
  await openPage(page, cellkeep, `/compare?runs=${ids.join(',')}`);
  const axes = relations(page).getByRole('button', { name: /^Axis/ });
  await axes.first().scrollIntoViewIfNeeded();
  const [from, to] = [(await axes.first().boundingBox())!, (await axes.nth(2).boundingBox())!];
  await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 8 });
  await page.mouse.up();
  await expect(axes.nth(2)).toHaveAccessibleName(/depth/);
});

test('a scatter of any two fields: log axes, colour, size; a dot tells its run and leads to it; a box chooses runs', async ({
  page,
  cellkeep,
}) => {
  const ids = await sweep(cellkeep, 12);
  await openPage(page, cellkeep, `/compare?runs=${ids.join(',')}&chart=scatter&sx=params.lr&sy=metrics.auc`);
  const chart = relations(page).getByRole('figure', { name: 'auc by lr' });
  await chart.scrollIntoViewIfNeeded();
  const dots = chart.locator('.ck-chart-drawing circle');
  await expect(dots).toHaveCount(12);
  const spread = async () => new Set(await dots.evaluateAll((all) => all.map((dot) => Math.round(Number(dot.getAttribute('cx')))))).size;
  expect(await spread()).toBeLessThan(7); // six learning rates
  const lefts = async () =>
    [...new Set(await dots.evaluateAll((all) => all.map((dot) => Number(dot.getAttribute('cx')))))].sort((a, b) => a - b);
  await chart.getByRole('button', { name: 'Log x' }).click();
  // equal factors are equal distances
  await expect
    .poll(async () => {
      const at = await lefts();
      const gaps = at.slice(1).map((x, i) => x - at[i]!);
      return Math.round(Math.max(...gaps) - Math.min(...gaps));
    })
    .toBeLessThanOrEqual(2);
  await chart.getByLabel('Colour').selectOption({ label: 'model' });
  await expect(chart.locator('.ck-chart-legend li')).toHaveText(['forest', 'linear', 'mlp']);
  await chart.getByLabel('Size').selectOption({ label: 'depth' });
  await expect(page).toHaveURL(/sc=params\.model.*ss=params\.depth|ss=params\.depth.*sc=params\.model/);

  const area = (await chart.locator('.ck-chart-brush').boundingBox())!;
  await page.mouse.move(area.x + area.width * 0.6, area.y + 4);
  await page.mouse.down();
  await page.mouse.move(area.x + area.width - 2, area.y + area.height - 4, { steps: 6 });
  await page.mouse.up();
  await expect(page.getByText(/\d of 12 runs are chosen on a chart/)).toBeVisible();

  const dot = (await dots.last().boundingBox())!;
  await page.mouse.move(dot.x + dot.width / 2, dot.y + dot.height / 2);
  await expect(chart.locator('.ck-tooltip')).toContainText('sweep-');
  await page.mouse.click(dot.x + dot.width / 2, dot.y + dot.height / 2);
  await expect(page).toHaveURL(/\/runs\/[0-9a-f]{32}/);
});

test('a box plot names its five numbers, and says what it leaves out', async ({ page, cellkeep }) => {
  const ids = await sweep(cellkeep, 12);
  const bare = await makeRun(cellkeep, { experimentName: 'bare', name: 'no-metric', params: { model: 'mlp' }, status: 'finished' });
  await openPage(page, cellkeep, `/compare?runs=${[...ids, bare.id].join(',')}&chart=box&bm=metrics.auc&bb=params.model`);
  const chart = relations(page).getByRole('figure', { name: 'auc by model' });
  await chart.scrollIntoViewIfNeeded();
  await expect(chart).toContainText('1 runs lack the metric');
  await page.getByRole('button', { name: 'More for auc by model' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'As a table' }).click();
  const table = chart.getByRole('table');
  await expect(table.getByRole('rowheader')).toHaveText(['forest', 'linear', 'mlp']);
  // numpy 2.4.6: np.percentile([.6, .786, .604, .782], [0, 25, 50, 75, 100]) of the runs 0, 3, 6, 9
  await expect(table.getByRole('row', { name: /forest/ }).getByRole('cell')).toHaveText([
    '4',
    '0.6000',
    '0.6030',
    '0.6930',
    '0.7830',
    '0.7860',
  ]);
});

test('the param that the metric hangs on comes first, with the method and its limits; few runs are told', async ({ page, cellkeep }) => {
  const ids = await sweep(cellkeep, 36);
  await openPage(page, cellkeep, `/compare?runs=${ids.join(',')}&chart=importance&im=metrics.auc`);
  const chart = relations(page).getByRole('figure', { name: 'What auc hangs on' });
  await chart.scrollIntoViewIfNeeded();
  await expect(chart).toContainText(/The forest predicts \d+ % of the variance/);
  await expect(chart).toContainText('none of this says that a param is the cause');
  await page.getByRole('button', { name: 'More for What auc hangs on' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'As a table' }).click();
  await expect(chart.getByRole('rowheader').first()).toHaveText('lr');

  await openPage(page, cellkeep, `/compare?runs=${ids.slice(0, 5).join(',')}&chart=importance`);
  await expect(relations(page)).toContainText('5 of these runs have auc; from 20 on it can be told');
});

test('charts are saved as vectors, as pictures and as data; what people named things runs nowhere', async ({ page, cellkeep }) => {
  const attack = '<img src=x onerror="window.pwned=1">';
  const runs = await Promise.all(
    [1, 2].map((n) =>
      makeRun(cellkeep, {
        experimentName: 'files of charts',
        name: n === 1 ? attack : '=HYPERLINK("http://x")',
        params: { lr: String(n / 10) },
        metrics: { auc: [0.5, n / 3], loss: falling(30, n) },
        status: 'finished',
      }),
    ),
  );
  const check = await watchForScripts(page);
  await openPage(page, cellkeep, `/compare?runs=${runs.map(({ id }) => id).join(',')}&chart=scatter&sx=params.lr&sy=metrics.auc`);
  const chart = relations(page).getByRole('figure', { name: 'auc by lr' });
  await chart.scrollIntoViewIfNeeded();
  await expect(chart.locator('circle')).toHaveCount(2);
  const svg = await textOf(await save(page, 'auc by lr', 'Save as SVG'));
  expect(svg).toMatch(/^<svg[^>]+xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  expect(svg.match(/<circle/g)).toHaveLength(2);
  expect(svg).not.toContain('var(--');
  const png = await readFile(await (await save(page, 'auc by lr', 'Save as PNG')).path());
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect(png.length).toBeGreaterThan(3_000);
  const csv = await textOf(await save(page, 'auc by lr', 'Save data as CSV'));
  expect(csv.split('\r\n')[0]).toBe('run_id,Run,lr,auc');
  expect(csv).toContain(`"'=HYPERLINK(""http://x"")",0.2,${2 / 3}`);

  // curves: the same lines as on the canvas
  const loss = await save(page, 'loss', 'Save as SVG');
  expect(loss.suggestedFilename()).toBe('loss.svg');
  const curves = await textOf(loss);
  expect(curves.match(/<path d="M[\d. ]+L[^"]{200,}" stroke-width="1\.5"/g)).toHaveLength(2);
  expect(curves).toContain('&lt;img src=x');
  const points = (await textOf(await save(page, 'loss', 'Save data as CSV'))).split('\r\n');
  expect(points).toHaveLength(61);
  expect(points[0]).toBe('run_id,run,step,time,loss,least_in_bucket,greatest_in_bucket');
  await check();
});

for (const [name, theme, width, height] of [
  ['360 px', 'light', 360, 760],
  ['a desk', 'dark', 1360, 900],
  ['4K', 'light', 3840, 2160],
] as const) {
  test(`charts of runs fit ${name}, ${theme}`, async ({ page, cellkeep }) => {
    test.setTimeout(240_000);
    await page.setViewportSize({ width, height });
    const ids = await sweep(cellkeep, 24);
    await openPage(page, cellkeep, `/compare?runs=${ids.join(',')}&pc=params.model&sc=metrics.auc&ss=params.depth`);
    await setTheme(page, theme);
    for (const kind of ['Parallel coordinates', 'Scatter', 'Box plot', 'Param importance']) {
      await relations(page).getByRole('button', { name: kind, exact: true }).click();
      await expect(relations(page).locator('.ck-chart svg').locator('path, circle, rect').nth(5)).toBeAttached({ timeout: 45_000 });
      await expectNoSideScroll(page);
      await keepPicture(relations(page), `${kind}.png`);
    }
  });
}
