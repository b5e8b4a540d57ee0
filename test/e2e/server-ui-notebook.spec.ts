// The notebook that made a run, as it was: read it, see what in it cannot be trusted, what it ran on, and what a result depends on.
import { expect, test } from './fixtures.ts';
import { expectNoSideScroll, keepPicture, openPage, setTheme } from './runs.ts';
import { environmentOf, failed, type MadeCell, putPart, putSnapshot, ranCells, shown, stdout } from './snapshots.ts';

const flow = (needs: [order: number, name: string][], touches: string[]) => ({
  needs: needs.map(([order, name]) => ({ order, names: [name], why: `reads \`${name}\``, sure: true })),
  touches: touches.map((name) => ({ name, how: 'bound' as const, sure: true })),
});

const TABLE =
  '<table border="1" class="dataframe"><thead><tr><th></th><th>late</th></tr></thead><tbody><tr><th>0</th><td>0.25</td></tr></tbody></table>';
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFklEQVR4nGP4z8DwHx9mIIowajDhYAQAGQk/wWBXzE4AAAAASUVORK5CYII=';

const CELLS: MadeCell[] = [
  { id: 'title', type: 'markdown', source: '# Late flights\n\nWhich ones, and **why**.' },
  {
    id: 'load',
    source: 'flights = read("flights.csv")\nflights.head()',
    executionCount: 1,
    outputs: [shown({ 'text/html': TABLE, 'text/plain': 'late 0.25' })],
  },
  { id: 'rate', source: 'rate = 0.2', executionCount: 2 },
  {
    id: 'fit',
    source: '%matplotlib inline\nmodel = fit(flights, rate)',
    executionCount: 4,
    outputs: [stdout('epoch 1\repoch 2\n\u001b[32mdone\u001b[0m\n'), shown({ 'image/png': PNG, 'text/plain': '<Figure>' })],
  },
  {
    id: 'broken',
    source: 'model.nothing',
    executionCount: 5,
    outputs: [failed('AttributeError', 'nothing', ['\u001b[31mAttributeError\u001b[0m: nothing'])],
  },
];

test('a run shows its notebook as it was: what ran, what is stale, what is gone, and what it ran on', async ({ page, cellkeep }) => {
  const path = 'work/late flights.ipynb';
  const { sessionId, runId } = await ranCells(cellkeep, {
    path,
    run: { name: 'late run', experimentName: 'notebook tab' },
    executions: [
      { cellId: 'load', source: 'flights = read("flights.csv")\nflights.head()', flow: flow([], ['flights']) },
      { cellId: 'rate', source: 'rate = 0.1', flow: flow([], ['rate']) },
      {
        cellId: 'gone',
        source: 'flights = flights.dropna()',
        flow: flow([[0, 'flights']], ['flights']),
        outputs: [await putPart(cellkeep, 'output', stdout('dropped 3 rows\n'))],
      },
      {
        cellId: 'fit',
        source: '%matplotlib inline\nmodel = fit(flights, rate)',
        flow: flow(
          [
            [2, 'flights'],
            [1, 'rate'],
          ],
          ['model'],
        ),
        reads: ['flights', 'rate'],
        writes: ['model'],
      },
    ],
  });
  const diff = await putPart(cellkeep, 'diff', 'diff --git a/x.py b/x.py\n@@ -1 +1 @@\n-old line\n+new line\n');
  const kernel = {
    sessionId,
    lastOrder: 3,
    git: { commit: 'a'.repeat(40), branch: 'main', dirty: true, remote: 'https://github.com/acme/flights.git', diff },
    files: [{ path: '/data/flights.csv', mode: 'read' as const, size: 12_345, digest: 'b'.repeat(64), orders: [0] }],
    seeds: [{ generator: 'numpy', seed: '42', order: 0 }],
    variables: { PYTHONHASHSEED: '0' },
    commandLine: ['python', '-m', 'ipykernel'],
    data: [{ kind: 'dataset', name: 'flights', version: 'v7', digest: 'd' }],
    findings: [
      { cellId: 'rate', kind: 'edited' as const, reason: 'In[2] ran `rate = 0.1`', orders: [1], names: ['rate'] },
      { cellId: 'gone', kind: 'gone' as const, reason: '`flights` is what In[3] made of it', orders: [2], names: ['flights'] },
    ],
  };
  const environment = environmentOf({ pandas: '2.3.1', numpy: '2.4.0', scikit_learn: '1.8.0' });
  await putSnapshot(cellkeep, {
    path,
    cells: CELLS.slice(0, 3),
    runIds: [runId],
    reason: 'start',
    kernel: { ...kernel, files: [{ ...kernel.files[0]!, digest: 'c'.repeat(64) }] },
  });
  await putSnapshot(cellkeep, { path, cells: CELLS, runIds: [runId], kernel, environment });

  await openPage(page, cellkeep, `/runs/${runId}/notebook`);
  await expect(page.locator('.ck-run-title .ck-verdict')).toHaveText('–not checked');
  const cells = page.getByRole('feed', { name: 'Cells of the notebook' });
  await expect(cells.getByRole('heading', { name: 'Late flights' })).toBeVisible();
  await expect(cells.getByRole('article', { name: 'cell [1]' }).getByRole('cell', { name: '0.25' })).toBeVisible();

  // what ran for the run, how, and what it read
  const fit = cells.getByRole('article', { name: 'cell [4]' });
  await expect(fit).toContainText('started the run');
  await expect(fit).toContainText('reads flights, rate');
  await expect(fit.locator('.ck-out-text').first()).toHaveText('epoch 2\ndone\n');
  await expect(fit.locator('.ck-out-text [data-fg="2"]')).toHaveText('done');
  await expect(fit.getByRole('img', { name: '<Figure>' })).toBeVisible();
  await expect(cells.getByRole('article', { name: 'cell [5]' }).locator('[data-error] [data-fg="1"]')).toHaveText('AttributeError');

  // hidden state: why, for eyes and for ears; and what ran in place of what stands there
  const rate = cells.getByRole('article', { name: 'cell [2]' });
  const mark = rate.getByRole('button', { name: 'edited since it ran: In[2] ran `rate = 0.1`' });
  await expect(rate.getByRole('tooltip')).toBeHidden();
  await mark.focus();
  await expect(rate.getByRole('tooltip')).toBeVisible();
  await rate.getByRole('button', { name: 'Show what ran' }).click();
  await expect(rate.locator('.cm-merge-a .cm-changedText')).toHaveText('1');

  // a cell that ran and is not there any more
  await expect(page.getByText('deleted, still alive: `flights` is what In[3] made of it')).toBeVisible();
  await page.getByRole('button', { name: '1 ran, then deleted' }).click();
  const gone = page.getByRole('region', { name: 'Ran, then deleted' });
  await expect(gone).toContainText('flights.dropna()');
  await expect(gone).toContainText('dropped 3 rows');

  // what it ran on
  await page.getByRole('button', { name: 'Ran on' }).click();
  const aside = page.getByRole('complementary', { name: 'What it ran on' });
  await expect(aside).toContainText('3.13.5 · CPython');
  await aside.getByText('Packages').click();
  await aside.getByRole('searchbox', { name: 'Search packages' }).fill('pan');
  await expect(aside.getByRole('row')).toHaveText(['pandas2.3.1']);
  await expect(aside.getByRole('link', { name: 'aaaaaaaa' })).toHaveAttribute(
    'href',
    `https://github.com/acme/flights/commit/${'a'.repeat(40)}`,
  );
  await aside.getByRole('button', { name: 'Show the changes' }).click();
  await expect(aside.locator('[data-line="added"]')).toHaveText('+new line');
  await expect(aside.getByRole('listitem').filter({ hasText: 'flights.csv' })).toContainText('changed during the run');
  await expect(aside).toContainText('42');
  await expect(aside).toContainText('v7');

  // the slice of a name
  await page.getByRole('button', { name: 'Slice' }).click();
  const slice = page.getByRole('complementary', { name: 'Slice' });
  await expect(slice.getByText('4 of 4 executions')).toBeVisible();
  await slice.getByRole('combobox').fill('rate');
  await expect(slice.getByText('1 of 4 executions')).toBeVisible();
  await expect(slice.getByRole('listitem')).toContainText('rate = 0.1');
  await slice.getByRole('combobox').fill('nobody');
  await expect(slice.getByText('Nothing that was recorded makes nobody.')).toBeVisible();

  // as it began
  await page.getByRole('button', { name: 'At the start' }).click();
  await expect(cells.getByRole('article')).toHaveCount(3);
  await page.getByRole('button', { name: 'At the end' }).click();

  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: '.ipynb' }).click()]);
  expect(download.suggestedFilename()).toMatch(/\.ipynb$/);
});

test('five thousand cells are read without being drawn, and one is found by its mark', async ({ page, cellkeep }) => {
  const path = 'work/long.ipynb';
  const { sessionId, runId } = await ranCells(cellkeep, {
    path,
    run: { name: 'long run', experimentName: 'notebook tab' },
    executions: [{ cellId: 'cell-4200', source: 'x = 4200' }],
  });
  const cells = Array.from({ length: 5_000 }, (_, i): MadeCell => ({ id: `cell-${i}`, source: `x = ${i % 50}`, executionCount: i }));
  const finding = { cellId: 'cell-2500', kind: 'stale' as const, reason: '`y` changed', orders: [], names: [] };
  await putSnapshot(cellkeep, { path, cells, runIds: [runId], kernel: { sessionId, lastOrder: 0, findings: [finding] } });
  await openPage(page, cellkeep, `/runs/${runId}/notebook`);
  const feed = page.getByRole('feed', { name: 'Cells of the notebook' });
  await expect(feed.getByRole('article', { name: 'cell [0]' })).toBeVisible();
  expect(await feed.getByRole('article').count()).toBeLessThan(60);

  await page.getByRole('button', { name: 'The next marked cell' }).click();
  await expect(feed.getByRole('article', { name: 'cell [2500]' })).toBeInViewport();
  await page.keyboard.press('n');
  await expect(feed.getByRole('article', { name: 'cell [4200]' })).toBeInViewport();
  await expect(feed.getByRole('article', { name: 'cell [4200]' })).toContainText('started the run');
  await page.keyboard.press('p');
  await expect(feed.getByRole('article', { name: 'cell [2500]' })).toBeInViewport();
  expect(await feed.getByRole('article').count()).toBeLessThan(60);
});

test('a snapshot of which only one half came says what is missing', async ({ page, cellkeep }) => {
  const path = 'work/halves.ipynb';
  const run = { name: 'halves', experimentName: 'notebook tab' };
  const { sessionId, runId } = await ranCells(cellkeep, { path, run, executions: [{ cellId: 'a', source: 'only = "ran"' }] });
  const kernelOnly = await putSnapshot(cellkeep, { path, cells: null, runIds: [runId], kernel: { sessionId, lastOrder: 0 } });
  const documentOnly = await putSnapshot(cellkeep, {
    path,
    cells: [{ id: 'a', source: 'stood = "there"' }],
    kernel: null,
    warnings: ['Two cells had one id.'],
  });
  await openPage(page, cellkeep, `/runs/${runId}/notebook`);
  await expect(page.getByText('Only what ran was kept')).toBeVisible();
  await expect(page.getByRole('region', { name: 'cell [1]' })).toContainText('only = "ran"');

  await page.goto(`${cellkeep.url}/snapshots/${documentOnly}`);
  await expect(page.getByText('Only the document was kept')).toBeVisible();
  await expect(page.getByText('Two cells had one id.')).toBeVisible();
  await expect(page.getByRole('feed')).toContainText('stood = "there"');
  await page.getByRole('button', { name: 'Ran on' }).click();
  await expect(page.getByText('pip install cellkeep')).toBeVisible();

  // its kernel died: there is a snapshot of the start, and what ran after it is not lost from sight
  const died = await ranCells(cellkeep, {
    path,
    run: { name: 'died', experimentName: 'notebook tab' },
    executions: [
      { cellId: 'a', source: 'before = 1' },
      { cellId: 'b', source: 'after = "the snapshot"' },
    ],
  });
  await cellkeep.client.tracking.runs.update({ id: died.runId, status: 'killed' });
  const start = { path, cells: [{ id: 'a', source: 'before = 1' }], runIds: [died.runId], reason: 'start' as const };
  await putSnapshot(cellkeep, { ...start, kernel: { sessionId: died.sessionId, lastOrder: 0 } });
  await page.goto(`${cellkeep.url}/runs/${died.runId}/notebook`);
  await page.getByRole('button', { name: '1 ran afterwards' }).click();
  await expect(page.getByRole('region', { name: 'Ran afterwards' })).toContainText('after = "the snapshot"');

  await page.goto(`${cellkeep.url}/snapshots/${kernelOnly}`);
  await expect(page.getByRole('region', { name: 'cell [1]' })).toContainText('only = "ran"');
  await page.goto(`${cellkeep.url}/snapshots/${crypto.randomUUID()}`);
  await expect(page.getByRole('heading', { name: 'There is no such snapshot' })).toBeVisible();
});

for (const theme of ['light', 'dark'] as const) {
  test(`the notebook of a run fits 360 px, ${theme}`, async ({ page, cellkeep }) => {
    const path = `work/narrow ${theme}.ipynb`;
    const { sessionId, runId } = await ranCells(cellkeep, {
      path,
      run: { name: `narrow ${theme}`, experimentName: 'notebook tab' },
      executions: [
        { cellId: 'load', source: CELLS[1]!.source },
        { cellId: 'rate', source: 'rate = 0.1' },
        { cellId: 'fit', source: CELLS[3]!.source },
      ],
    });
    const findings = [
      {
        cellId: 'rate',
        kind: 'edited' as const,
        reason: 'In[2] ran `rate = 0.1`, which is not what stands there now',
        orders: [1],
        names: ['rate'],
      },
    ];
    const kernel = {
      sessionId,
      lastOrder: 2,
      findings,
      files: [{ path: '/data/a/rather/long/path/flights.csv', mode: 'read' as const, size: 12, digest: 'b'.repeat(64), orders: [0] }],
    };
    await putSnapshot(cellkeep, {
      path,
      cells: CELLS,
      runIds: [runId],
      kernel,
      environment: environmentOf({ pandas: '2.3.1', numpy: '2.4.0' }),
    });
    await openPage(page, cellkeep, `/runs/${runId}/notebook`);
    await setTheme(page, theme);
    for (const [width, height] of [
      [1360, 820],
      [360, 760],
    ] as const) {
      await page.setViewportSize({ width, height });
      for (const panel of [null, 'Ran on', 'Slice', 'Verify']) {
        if (panel) await page.getByRole('button', { name: panel, exact: true }).click();
        else await expect(page.getByRole('article', { name: 'cell [1]' })).toBeVisible();
        if (panel === 'Ran on') await expect(page.getByText('A processor')).toBeVisible();
        await expectNoSideScroll(page);
        await keepPicture(page, `${width} ${panel ?? 'cells'}.png`);
      }
      await page.getByRole('button', { name: 'Verify', exact: true }).first().click();
    }
  });
}
