// What changed: the time line of a notebook, two states of it beside each other, and the notebooks of two runs.

import type { Cellkeep } from './fixtures.ts';
import { expect, test } from './fixtures.ts';
import { expectNoSideScroll, keepPicture, openPage, setTheme, watchForScripts } from './runs.ts';
import { environmentOf, type MadeCell, putSnapshot, ranCells, shown, stdout } from './snapshots.ts';

const picture = (colour: string) =>
  shown({
    'image/svg+xml': `<svg xmlns="http://www.w3.org/2000/svg" width="240" height="120"><rect width="240" height="120" fill="white"/><rect x="20" y="20" width="100" height="80" fill="${colour}"/></svg>`,
    'text/plain': 'bars',
  });

const same = (from: number, n: number): MadeCell[] =>
  Array.from({ length: n }, (_, i) => ({ id: `s${from + i}`, source: `same_${from + i} = ${i}`, executionCount: 9 }));
const BEFORE: MadeCell[] = [
  { id: 'load', source: 'flights = read("v7")\nflights = flights.dropna()', executionCount: 1, outputs: [stdout('336776 rows\n')] },
  ...same(0, 12),
  { id: 'old', source: 'experiment_that_led_nowhere()', executionCount: 3 },
  { id: 'plot', source: 'plot(flights)', executionCount: 4, outputs: [picture('#0072b2')] },
  ...same(12, 3),
];
const AFTER: MadeCell[] = [
  { id: 'load', source: 'flights = read("v8")\nflights = flights.dropna()', executionCount: 1, outputs: [stdout('340000 rows\n')] },
  ...same(0, 12),
  { id: 'plot', source: 'plot(flights)', executionCount: 4, outputs: [picture('#d55e00')] },
  { id: 'new', source: 'model = fit(flights)  # <script>window.pwned=1</script>', executionCount: 5, outputs: [stdout('fitted\n')] },
  ...same(12, 3),
];

/** Two runs of a notebook that was worked on between them, and one snapshot by hand a day before. */
async function twoStates(cellkeep: Cellkeep, path: string) {
  const make = async (name: string, cells: MadeCell[], auc: number, pandas: string, takenAt: number) => {
    const run = { name, experimentName: 'histories of notebooks', params: { rate: String(auc) } };
    const { sessionId, runId } = await ranCells(cellkeep, { path, run, executions: [{ cellId: 'load', source: cells[0]!.source }] });
    await cellkeep.client.tracking.runs.log({ id: runId, series: [{ key: 'auc', steps: [0], values: [auc], times: [takenAt] }] });
    const kernel = {
      sessionId,
      lastOrder: 0,
      data: [{ kind: 'dataset', name: 'flights', version: name === 'first' ? 'v7' : 'v8', digest: name }],
    };
    const id = await putSnapshot(cellkeep, {
      path,
      cells,
      runIds: [runId],
      kernel,
      environment: environmentOf({ pandas, numpy: '2.4.0' }),
      takenAt,
    });
    return { id, runId };
  };
  const noon = new Date().setHours(12, 0, 0, 0);
  const byHand = await putSnapshot(cellkeep, {
    path,
    cells: BEFORE.slice(0, 3),
    kernel: null,
    label: 'before I try something',
    reason: 'manual',
    takenAt: noon - 86_400_000,
  });
  const first = await make('first', BEFORE, 0.8, '2.2.3', noon - 3_600_000);
  const second = await make('second', AFTER, 0.85, '2.3.1', noon);
  return { byHand, first, second };
}

test('the history of a notebook leads to what changed between two of its states', async ({ page, cellkeep }) => {
  const { first, second } = await twoStates(cellkeep, 'work/history.ipynb');
  const check = await watchForScripts(page);
  await openPage(page, cellkeep, `/runs/${second.runId}/notebook`);
  await page.getByRole('link', { name: 'History' }).click();
  await expect(page).toHaveURL(/\/notebooks\/[0-9a-f-]{36}\/history$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('History of history.ipynb');
  const rows = page.getByRole('listitem');
  await expect(rows).toHaveCount(3);
  await expect(page.locator('.ck-timeline-list section')).toHaveCount(2);
  await expect(rows.first()).toContainText('run ended');
  await expect(rows.first()).toContainText('1 added, 1 removed, 1 edited since the one before');
  await expect(rows.first().getByRole('link', { name: 'second' })).toBeVisible();
  await expect(rows.nth(2)).toContainText('before I try something');

  // one that is taken meanwhile comes by itself
  await putSnapshot(cellkeep, {
    path: 'work/history.ipynb',
    cells: AFTER,
    kernel: null,
    label: 'taken meanwhile',
    reason: 'manual',
    takenAt: Date.now() - 2 * 86_400_000,
  });
  await expect(rows).toHaveCount(4);

  // two are chosen, by keyboard too; the earlier one is the one before
  const compare = page.getByRole('button', { name: 'What changed' });
  await expect(compare).toBeDisabled();
  await rows.first().getByRole('checkbox').check();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
  await compare.click();
  await expect(page).toHaveURL(new RegExp(`/snapshots/diff\\?before=${first.id}&after=${second.id}$`));

  // one line first, then values, then cells
  await expect(page.locator('.ck-diff-summary')).toHaveText(/^1 cell changed, 1 added, 1 removed, .*pandas 2\.2\.3 → 2\.3\.1/);
  await expect(page.getByRole('region', { name: 'Metrics' }).getByRole('row', { name: /auc/ })).toContainText('0.85');
  await expect(page.getByRole('region', { name: 'Data' })).toContainText('v8');
  const cells = page.getByRole('region', { name: 'Cells' });
  const load = cells.getByRole('article', { name: /cell \[1\], changed, shows something else/ });
  await expect(load.locator('.cm-merge-b .cm-changedText')).toHaveText('v8');
  await expect(load.locator('[data-side="before"]')).toContainText('336776');
  await expect(load.locator('[data-side="after"]')).toContainText('340000');
  await expect(cells.getByRole('article', { name: /removed/ })).toContainText('led_nowhere');

  // pictures, in three ways
  const plot = cells.getByRole('article', { name: /cell \[4\], shows something else/ });
  await plot.scrollIntoViewIfNeeded();
  await expect(plot.getByRole('img')).toHaveCount(2);
  await plot.getByRole('button', { name: 'Swipe' }).click();
  await plot.getByRole('slider').fill('20');
  await expect(plot.locator('.ck-diff-pictures > :last-child')).toHaveCSS('clip-path', 'inset(0px 0px 0px 20%)');
  await plot.getByRole('button', { name: 'Difference' }).click();
  await expect(plot.locator('.ck-diff-pictures > :last-child')).toHaveCSS('mix-blend-mode', 'difference');
  // what is the same is folded, and there when somebody asks
  await expect(cells).not.toContainText('same_3');
  await cells.getByRole('button', { name: '12 cells unchanged' }).click();
  await expect(cells).toContainText('same_3');

  await check();

  // the other way round
  await page.getByRole('button', { name: 'Turn round' }).click();
  await expect(page.locator('.ck-diff-summary')).toContainText('pandas 2.3.1 → 2.2.3');
});

test('compare shows what is different between the notebooks of two runs; a run leads to the state before it', async ({
  page,
  cellkeep,
}) => {
  const { first, second, byHand } = await twoStates(cellkeep, 'work/compared.ipynb');
  await openPage(page, cellkeep, `/compare?runs=${first.runId},${second.runId}`);
  const section = page.getByRole('region', { name: 'Notebooks', exact: true });
  await section.scrollIntoViewIfNeeded();
  await expect(section.locator('.ck-diff-summary')).toContainText('1 cell changed');
  await section.getByRole('button', { name: 'Turn round' }).click();
  await expect(section.locator('.ck-diff-summary')).toContainText('pandas 2.3.1 → 2.2.3');

  await page.goto(`${cellkeep.url}/runs/${first.runId}/notebook`);
  await page.getByRole('tabpanel').getByRole('button', { name: 'Compare with…' }).click();
  await page.getByRole('menuitem', { name: /before I try something/ }).click();
  await expect(page).toHaveURL(new RegExp(`before=${byHand}&after=${first.id}`));
  await expect(page.locator('.ck-diff-summary')).toContainText('added');
});

for (const theme of ['light', 'dark'] as const) {
  test(`history and difference fit 360 px, ${theme}`, async ({ page, cellkeep }) => {
    const { first, second } = await twoStates(cellkeep, `work/narrow history ${theme} of a notebook with a rather long name.ipynb`);
    const { notebookId } = await cellkeep.client.design.snapshots.get({ id: second.id });
    await openPage(page, cellkeep, '/experiments');
    for (const [width, height] of [
      [1360, 820],
      [360, 760],
    ] as const) {
      await page.setViewportSize({ width, height });
      for (const [name, path, there] of [
        ['history', `/notebooks/${notebookId}/history`, '.ck-timeline-row'],
        ['diff', `/snapshots/diff?before=${first.id}&after=${second.id}`, '.ck-diff-cell .cm-changedText'],
      ] as const) {
        await page.goto(cellkeep.url + path);
        await setTheme(page, theme);
        await expect(page.locator(there).first()).toBeVisible();
        await expectNoSideScroll(page);
        await keepPicture(page, `${width} ${name}.png`);
      }
    }
  });
}
