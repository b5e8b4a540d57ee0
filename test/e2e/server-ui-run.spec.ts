// The page of one run: read it, watch it grow, change it, look at what it left behind; and what people's data must never do to it.
import { expect, test } from './fixtures.ts';
import { expectNoSideScroll, falling, keepPicture, logPoints, makeRun, openPage, putArtifact, setTheme, watchForScripts } from './runs.ts';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFklEQVR4nGP4z8DwHx9mIIowajDhYAQAGQk/wWBXzE4AAAAASUVORK5CYII=',
  'base64',
);

test('the overview says in one screen what the run was, what came of it and what was different', async ({ page, cellkeep }) => {
  const experimentName = test.info().title.slice(0, 200);
  const startedAt = Date.now() - 100_000;
  const before = await makeRun(cellkeep, {
    experimentName,
    name: 'attempt one',
    params: { rate: '0.1', depth: '3' },
    metrics: { auc: [0.5, 0.6] },
    status: 'finished',
    startedAt,
  });
  const run = await makeRun(cellkeep, {
    experimentName,
    name: 'attempt two',
    params: { rate: '0.2', depth: '3' },
    tags: { team: 'delays' },
    notes: 'Twice the **rate**.',
    metrics: { auc: [0.5, 0.75], log_loss: [0.9, 0.2, 0.4321] },
    status: 'finished',
    startedAt: startedAt + 50_000,
  });
  await makeRun(cellkeep, { experimentName, name: 'fold 1', parentRunId: run.id, metrics: { auc: [0.7] }, status: 'finished' });
  await openPage(page, cellkeep, `/runs/${run.id}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('attempt two');
  await expect(page.locator('.ck-run-state')).toContainText('finished');

  const results = page.getByRole('region', { name: 'Results' });
  const loss = results.getByRole('row', { name: /log_loss/ });
  await expect(loss).toContainText('0.4321');
  await expect(loss).toContainText('0.2000');
  await expect(loss).toContainText('0.9000');
  await expect(page.getByRole('region', { name: 'Params' })).toContainText('depth');
  await expect(page.getByRole('region', { name: 'Tags' })).toContainText('delays');
  await expect(page.getByRole('region', { name: 'Notes' }).locator('strong')).toHaveText('rate');

  const changes = page.getByRole('region', { name: /Since the run before it/ });
  await expect(changes.getByRole('link', { name: before.name })).toBeVisible();
  await expect(changes.getByRole('row', { name: /rate/ })).toContainText('0.2');
  await expect(changes.getByRole('row', { name: /auc/ })).toContainText('+25 %');
  await expect(changes).not.toContainText('depth');

  await page.getByRole('region', { name: 'Runs within' }).getByRole('link', { name: 'fold 1' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('fold 1');
  await page.getByRole('region', { name: 'Source' }).getByRole('link', { name: 'attempt two' }).click();
  await expect(page).toHaveURL(new RegExp(`/runs/${run.id}`));
});

test('the curve of a running run grows while the page is open, and the run ends on it', async ({ page, cellkeep }) => {
  const run = await makeRun(cellkeep, { experimentName: 'live run page', name: 'training', metrics: { 'train/loss': falling(20) } });
  await openPage(page, cellkeep, `/runs/${run.id}/curves`);
  const panel = page.getByRole('figure', { name: /train\/loss/ });
  await expect(panel).toContainText('20 points');
  await expect(page.locator('.ck-run-state')).toContainText('running');
  const early = await panel.locator('canvas').screenshot();

  await logPoints(cellkeep, run.id, { 'train/loss': falling(80, 0.3) }, 20);
  await expect(panel).toContainText('100 points');
  expect(Buffer.compare(early, await panel.locator('canvas').screenshot())).not.toBe(0);

  // a metric that nobody knew before gets a panel of its own
  await logPoints(cellkeep, run.id, { 'val/auc': [0.5, 0.6, 0.7] });
  await expect(page.getByRole('figure', { name: /val\/auc/ })).toContainText('3 points');

  await cellkeep.client.tracking.runs.update({ id: run.id, status: 'finished' });
  await expect(page.locator('.ck-run-state')).toContainText('finished');
  await expect(page.getByRole('button', { name: 'Stop' })).toHaveCount(0);
});

test('smoothing, a log axis and time are chosen for all curves, and machine metrics have their own tab', async ({ page, cellkeep }) => {
  const run = await makeRun(cellkeep, {
    experimentName: 'curve controls',
    metrics: { loss: falling(60), 'system/cpu_percent': [12, 80, 55] },
    status: 'finished',
  });
  await openPage(page, cellkeep, `/runs/${run.id}/curves`);
  const panel = page.getByRole('figure', { name: /loss/ });
  await expect(panel).toContainText('60 points');
  const canvas = panel.locator('canvas');
  const looks = [await canvas.screenshot()];
  await page.getByRole('button', { name: 'Log', exact: true }).click();
  await expect.poll(async () => Buffer.compare(looks[0]!, await canvas.screenshot())).not.toBe(0);
  await page.getByRole('button', { name: 'Relative' }).click();
  await expect(page.getByRole('figure', { name: /loss by relative/ })).toBeVisible();
  await page.getByRole('slider').fill('0.9');
  await expect(page.locator('output')).toHaveText('0.90');
  await expect(page.getByRole('figure')).toHaveCount(1);

  await page.getByRole('tab', { name: 'System' }).click();
  await expect(page.getByRole('figure', { name: /system\/cpu_percent by relative/ })).toContainText('3 points');
  await expect(page).toHaveURL(/\/system$/);
});

test('a failed run shows its error and where it was', async ({ page, cellkeep }) => {
  const { runs } = cellkeep.client.tracking;
  const run = await runs.create({ experimentName: 'failures', name: 'broken' });
  await runs.update({
    id: run.id,
    status: 'failed',
    error: {
      name: 'ValueError',
      message: 'x has 3 features, 4 were expected',
      traceback: 'Traceback:\n  File "<cell>", line 2\nValueError: x has 3 features',
    },
  });
  await openPage(page, cellkeep, `/runs/${run.id}`);
  const error = page.getByRole('region', { name: 'Error' });
  await expect(error.getByRole('heading')).toHaveText('ValueError: x has 3 features, 4 were expected');
  await expect(error).toContainText('line 2');
  await error.getByRole('button', { name: 'Show the cell' }).click();
  await expect(page.getByRole('tab', { name: 'Notebook' })).toHaveAttribute('aria-selected', 'true');
});

test('the cells that made the run are shown as they were', async ({ page, cellkeep }) => {
  const { tracking } = cellkeep.client;
  const [sessionId, executionId, runId] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID().replaceAll('-', '')];
  const at = Date.now();
  const { rejected } = await tracking.ingest({
    writer: crypto.randomUUID(),
    seq: 1,
    records: [
      { type: 'session.start', session: { id: sessionId, kind: 'notebook', notebookPath: 'work/late.ipynb', startedAt: at } },
      {
        type: 'execution',
        execution: {
          ...{ id: executionId, sessionId, cellId: 'c0ffee', order: 0, executionCount: 14, startedAt: at, durationMs: 1200, status: 'ok' },
          source: 'with cellkeep.run("from a cell"):\n    fit(flights)',
          reads: ['flights', 'fit'],
          writes: ['model'],
        },
      },
      {
        type: 'run.create',
        run: {
          id: runId,
          experimentName: 'cells',
          name: 'from a cell',
          source: { sessionId, executionId, cellId: 'c0ffee', executionCount: 14 },
        },
      },
    ],
  });
  expect(rejected).toEqual([]);
  await openPage(page, cellkeep, `/runs/${runId}`);
  await expect(page.locator('.ck-run-facts')).toContainText('late.ipynb');
  await expect(page.locator('.ck-run-facts')).toContainText('cell [14]');
  await page.getByRole('tab', { name: 'Notebook' }).click();
  const cell = page.getByRole('region', { name: 'cell [14]' });
  await expect(cell).toContainText('fit(flights)');
  await expect(cell).toContainText('reads flights, fit');
  await expect(cell).toContainText('started the run');
});

test('a run is renamed, tagged, deleted and taken back where it is shown', async ({ page, cellkeep }) => {
  const { runs } = cellkeep.client.tracking;
  const run = await makeRun(cellkeep, { experimentName: 'edit a run', name: 'first name', status: 'finished' });
  await openPage(page, cellkeep, `/runs/${run.id}`);
  await page.getByRole('button', { name: 'Rename' }).click();
  await page.getByRole('textbox', { name: 'Name of the run' }).fill('second name');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('second name');
  await expect.poll(async () => (await runs.get({ id: run.id })).name).toBe('second name');

  // by keyboard, and not kept with Escape
  await page.getByRole('tab', { name: 'Overview' }).focus();
  await page.keyboard.press('e');
  await page.getByRole('textbox', { name: 'Name of the run' }).fill('third name');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('second name');

  await page.getByRole('button', { name: 'Add a tag' }).first().click();
  await page.getByRole('textbox', { name: /Tag/ }).fill('team=delays');
  await page.keyboard.press('Enter');
  const tags = page.getByRole('region', { name: 'Tags' });
  await expect(tags).toContainText('delays');
  await tags.getByRole('button', { name: 'Remove the tag team' }).click();
  await expect(tags).not.toContainText('delays');
  await expect.poll(async () => (await runs.get({ id: run.id })).tags).toEqual({});

  await page.getByRole('button', { name: 'Delete the run' }).click();
  await expect(page.locator('.ck-run-state')).toContainText('deleted');
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.locator('.ck-run-state')).toContainText('finished');
  await page.getByRole('button', { name: 'Delete the run' }).click();
  await page.getByRole('button', { name: 'Restore' }).click();
  await expect.poll(async () => (await runs.get({ id: run.id })).lifecycle).toBe('active');
});

test('notes are written with a preview, saved when asked, and kept when the server is away', async ({ page, newServer }) => {
  const server = await newServer();
  const run = await makeRun(server, { experimentName: 'notes', name: 'noted', status: 'finished' });
  await openPage(page, server, `/runs/${run.id}/notes`);
  await page.getByRole('button', { name: 'Write notes' }).click();
  const field = page.getByRole('textbox', { name: 'Notes, in Markdown' });
  await field.fill('# Result\n\nBetter with **more** trees.');
  await expect(page.getByRole('region', { name: 'Preview' }).getByRole('heading', { name: 'Result' })).toBeVisible();
  expect((await server.client.tracking.runs.get({ id: run.id })).notes).toBe('');
  await page.keyboard.press('Control+s');
  await expect(page.getByRole('button', { name: 'Edit' })).toBeVisible();
  await expect.poll(async () => (await server.client.tracking.runs.get({ id: run.id })).notes).toContain('**more**');

  await page.getByRole('button', { name: 'Edit' }).click();
  await field.fill('typed while the server was away');
  await server.kill();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Not saved. Your text is kept here')).toBeVisible();
  await expect(field).toHaveValue('typed while the server was away');
  await page.getByRole('tab', { name: 'Overview' }).click();
  await page.getByRole('tab', { name: 'Notes' }).click();
  await expect(field).toHaveValue('typed while the server was away');
});

test('artifacts are listed by folder and shown by what they are', async ({ page, cellkeep }) => {
  const run = await makeRun(cellkeep, { experimentName: 'artifacts', name: 'with files', status: 'finished' });
  await putArtifact(cellkeep, run.id, 'plots/roc.png', new Uint8Array(PNG), 'image/png', 'figure');
  await putArtifact(cellkeep, run.id, 'rows.csv', 'origin,late\nJFK,0.25\nEWR,0.5\n', 'text/csv', 'table');
  await putArtifact(cellkeep, run.id, 'config.json', '{"rate":0.1,"deep":{"a":[1,2]}}', 'application/json');
  const logged = {
    columns: ['question', 'score'],
    data: [
      ['why <b>?', 10],
      ['who?', 9],
      ['when?', null],
    ],
  }; // as mlflow.log_table writes it
  await putArtifact(cellkeep, run.id, 'eval.json', JSON.stringify(logged), 'application/json');
  await putArtifact(cellkeep, run.id, 'features.json', '{"columns":["a","b"],"target":"late"}', 'application/json', 'table');
  await putArtifact(cellkeep, run.id, 'long.txt', 'a line of text\n'.repeat(20_000), 'text/plain', 'text');
  await putArtifact(cellkeep, run.id, 'model.bin', new Uint8Array([0, 1, 2, 255]), 'application/octet-stream');
  await openPage(page, cellkeep, `/runs/${run.id}`);
  await expect(page.getByRole('tab', { name: /Artifacts/ })).toContainText('7');
  await page.getByRole('tab', { name: /Artifacts/ }).click();
  const list = page.getByRole('navigation', { name: 'Artifacts' });

  // a picture is what is seen first
  await expect(page.getByRole('img', { name: 'roc.png' })).toBeVisible();
  await expect(page.getByText('8 × 8')).toBeVisible();

  await list.getByRole('button', { name: /rows.csv/ }).click();
  await expect(page.getByRole('columnheader', { name: 'origin' })).toBeVisible();
  await expect(page.getByRole('cell', { name: '0.25' })).toBeVisible();

  await list.getByRole('button', { name: /config.json/ }).click();
  await expect(page.locator('.ck-artifact pre')).toContainText('"rate": 0.1');

  // JSON that is a table is shown as one, sorted as asked for, and as its text; JSON that only begins like one is text
  await list.getByRole('button', { name: /eval.json/ }).click();
  const questions = page.locator('.ck-artifact-table tbody td:nth-child(2)');
  await expect(questions).toHaveText(['why <b>?', 'who?', 'when?']);
  await page.getByRole('button', { name: 'Sort by score' }).click();
  await expect(questions).toHaveText(['who?', 'why <b>?', 'when?']);
  await expect(page.getByRole('columnheader', { name: 'score' })).toHaveAttribute('aria-sort', 'ascending');
  await page.getByRole('button', { name: 'Text', exact: true }).click();
  await expect(page.locator('.ck-artifact pre')).toContainText('"question",');
  await list.getByRole('button', { name: /features.json/ }).click();
  await expect(page.locator('.ck-artifact pre')).toContainText('"target": "late"');
  await expect(page.locator('.ck-artifact-table, .ck-artifact .ck-run-note, .ck-artifact-ways')).toHaveCount(0);

  await list.getByRole('button', { name: /long.txt/ }).click();
  await expect(page.locator('.ck-artifact pre')).toContainText('a line of text');
  await expect(page.getByText('The first 65.5')).toBeVisible();

  await list.getByRole('button', { name: /model.bin/ }).click();
  await expect(page.getByText('No preview')).toBeVisible();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download' }).click()]);
  expect(download.suggestedFilename()).toBe('model.bin');

  // one that comes while the page is open is listed, one that is deleted goes after a question
  await putArtifact(cellkeep, run.id, 'late.txt', 'later', 'text/plain');
  await expect(list.getByRole('button', { name: /late.txt/ })).toBeVisible();
  await page.getByRole('button', { name: 'Delete model.bin' }).click();
  await page.getByRole('button', { name: 'Keep' }).click();
  await expect(list.getByRole('button', { name: /model.bin/ })).toBeVisible();
  await page.getByRole('button', { name: 'Delete model.bin' }).click();
  await page.getByRole('group', { name: 'Delete model.bin' }).getByRole('button', { name: 'Delete' }).click();
  await expect(list.getByRole('button', { name: /model.bin/ })).toHaveCount(0);
});

test('nothing that people write or store runs as script in the page', async ({ page, cellkeep }) => {
  const attack = '<img src=x onerror="window.pwned=1"><script>window.pwned=1;alert(1)</script>';
  const run = await makeRun(cellkeep, {
    experimentName: `hostile ${attack}`,
    name: attack,
    params: { model: attack },
    tags: { team: attack },
    notes: `${attack}\n\n[click](javascript:window.pwned=1) ![x](http://127.0.0.1:9/spy.png) <a href="javascript:alert(1)">a</a>`,
    metrics: { loss: [1, 0.5] },
    status: 'finished',
  });
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30" onload="parent.pwned=1"><script>parent.pwned=1;alert(1)</script><rect width="40" height="30" fill="red"/></svg>';
  await putArtifact(cellkeep, run.id, '<b>bold<b>.html', `<h1>report</h1>${attack}`, 'text/html');
  await putArtifact(cellkeep, run.id, 'evil.svg', svg, 'image/svg+xml', 'figure');
  await putArtifact(cellkeep, run.id, 'evil.md', `# hi\n${attack}`, 'text/markdown', 'text');
  await putArtifact(cellkeep, run.id, 'evil.csv', `${attack.replaceAll(',', ' ')},b\n1,2\n`, 'text/csv', 'table');
  const check = await watchForScripts(page);
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));

  await openPage(page, cellkeep, `/runs/${run.id}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(attack);
  await expect(page.getByRole('region', { name: 'Notes' })).toContainText('window.pwned=1');
  await check();
  await page.getByRole('tab', { name: 'Notes' }).click();
  await expect(page.locator('.ck-markdown')).toContainText('alert(1)');
  await expect(page.locator('.ck-markdown img')).toHaveCount(0);
  await expect(page.locator('.ck-markdown a[href^="javascript"]')).toHaveCount(0);
  await check();

  await page.getByRole('tab', { name: /Artifacts/ }).click();
  const list = page.getByRole('navigation', { name: 'Artifacts' });
  await expect(page.getByRole('img', { name: 'evil.svg' })).toBeVisible();
  await expect(page.getByText('40 × 30')).toBeVisible();
  await check();
  await list.getByRole('button', { name: /bold/ }).click();
  await expect(page.getByText('HTML is shown as text')).toBeVisible();
  await expect(page.locator('.ck-artifact pre')).toContainText('<h1>report</h1>');
  await list.getByRole('button', { name: /evil.md/ }).click();
  await expect(page.locator('.ck-artifact .ck-markdown h1')).toHaveText('hi');
  await list.getByRole('button', { name: /evil.csv/ }).click();
  await expect(page.locator('.ck-artifact-table, .ck-artifact pre').first()).toContainText('window.pwned');
  await expect(page.locator('main iframe, main script, main object, main embed')).toHaveCount(0);
  await check();
  expect(asked.filter((url) => !url.startsWith(cellkeep.url) && !/^(data|blob):/.test(url))).toEqual([]);
});

test('every part of the page has an address, and keys lead to it', async ({ page, cellkeep }) => {
  const run = await makeRun(cellkeep, { experimentName: 'addresses', name: 'linked', metrics: { loss: falling(5) }, status: 'finished' });
  await openPage(page, cellkeep, `/runs/${run.id}/notes`);
  await expect(page.getByRole('tab', { name: 'Notes' })).toHaveAttribute('aria-selected', 'true');
  await page.getByRole('tab', { name: /Curves/ }).click();
  await expect(page).toHaveURL(new RegExp(`/runs/${run.id}/curves$`));
  await page.reload();
  await expect(page.getByRole('tab', { name: /Curves/ })).toHaveAttribute('aria-selected', 'true');
  await expect(page.getByRole('figure', { name: /loss/ })).toBeVisible();
  await page.getByRole('tab', { name: /Curves/ }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('tab', { name: /Notebook/ })).toBeFocused();
  await expect(page).toHaveURL(/\/notebook$/);
  await page.keyboard.press('1');
  await expect(page.getByRole('tab', { name: 'Overview' })).toHaveAttribute('aria-selected', 'true');
});

test('a run that does not exist is said to be missing, whatever its id looks like', async ({ page, cellkeep }) => {
  await openPage(page, cellkeep, `/runs/${'0'.repeat(32)}`);
  await expect(page.getByRole('heading', { name: 'There is no such run' })).toBeVisible();
  await page.goto(`${cellkeep.url}/runs/not-an-id`);
  await expect(page.getByRole('heading', { name: 'There is no such run' })).toBeVisible();
  await page.getByRole('button', { name: 'All experiments' }).click();
  await expect(page).toHaveURL(/\/experiments$/);
});

for (const theme of ['light', 'dark'] as const) {
  test(`the page of a run fits 360 px, ${theme}`, async ({ page, cellkeep }) => {
    await page.setViewportSize({ width: 360, height: 760 });
    const run = await makeRun(cellkeep, {
      experimentName: 'narrow pages of runs',
      name: 'a-run-with-a-name-that-is-longer-than-a-telephone-is-wide',
      params: { 'a/rather/long/param/name': 'x'.repeat(400), rate: '0.1' },
      metrics: { 'validation/balanced_accuracy_of_the_minority_class': falling(30), loss: falling(30) },
      status: 'finished',
    });
    await putArtifact(cellkeep, run.id, 'a/b/c/a-file-with-a-rather-long-name-indeed.csv', 'a,b\n1,2\n', 'text/csv', 'table');
    await openPage(page, cellkeep, `/runs/${run.id}`);
    await setTheme(page, theme);
    for (const tab of ['Overview', 'Curves', 'Notebook', 'Artifacts', 'System', 'Notes']) {
      await page.getByRole('tab', { name: tab }).click();
      await expect(page.getByRole('tabpanel')).toBeVisible();
      await expectNoSideScroll(page);
      await keepPicture(page, `${tab}.png`);
    }
  });
}
