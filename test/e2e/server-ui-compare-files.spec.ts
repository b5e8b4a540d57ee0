// What runs left behind, side by side: the same file of several runs, pictures by step, the cells that made them.
import type { Page } from '@playwright/test';
import { type Cellkeep, expect, test } from './fixtures.ts';
import { expectNoSideScroll, keepPicture, makeRun, openPage, putArtifact, setTheme, watchForScripts } from './runs.ts';

const section = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

async function twoRuns(cellkeep: Cellkeep) {
  const make = (name: string) =>
    makeRun(cellkeep, { experimentName: test.info().title.slice(0, 200), name, params: { name }, status: 'finished' });
  return [await make('one'), await make('two')] as const;
}

/** A picture of one colour that says what it is. */
const picture = (text: string, colour: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="120" height="80"><rect width="120" height="80" fill="${colour}"/><text x="10" y="45" fill="#fff">${text}</text></svg>`;

test('tables of two runs: rows by their key, each cell with what it was and is', async ({ page, cellkeep }) => {
  const [one, two] = await twoRuns(cellkeep);
  await putArtifact(cellkeep, one.id, 'report.csv', 'class,f1,n\ncat,0.8,10\ndog,0.7,12\ncow,0.6,9\n', 'text/csv', 'table');
  await putArtifact(cellkeep, two.id, 'report.csv', 'class,f1,n\ncow,0.6,9\ncat,0.9,10\nhen,0.5,4\n', 'text/csv', 'table');
  // as mlflow.log_table and mlflow.evaluate write them
  const logged = (...data: [string, number][]) => JSON.stringify({ columns: ['question', 'score'], data });
  await putArtifact(cellkeep, one.id, 'eval.json', logged(['why?', 0.5], ['who?', 1]), 'application/json');
  await putArtifact(cellkeep, two.id, 'eval.json', logged(['who?', 1], ['why?', 0.75]), 'application/json');
  await openPage(page, cellkeep, `/compare?runs=${one.id},${two.id}&file=report.csv`);
  const files = section(page, 'Artifacts');
  await files.scrollIntoViewIfNeeded();
  await expect(files.getByRole('button', { name: /report\.csv/ })).toContainText('differs');
  await expect(files).toContainText('1 changed, 1 added, 1 removed, 1 the same · rows by class');
  const changed = files.getByRole('row', { name: /^changed/ });
  await expect(changed.locator('del')).toHaveText('0.8');
  await expect(changed.locator('ins')).toHaveText('0.9');
  await expect(changed).toContainText('+0.1000');
  await files.getByRole('button', { name: 'Turn round' }).click();
  await expect(changed.locator('del')).toHaveText('0.9');
  await expect(page).toHaveURL(new RegExp(`before=${two.id.slice(0, 12)}`));

  await files.getByRole('button', { name: /eval\.json/ }).click();
  await expect(files).toContainText('1 changed, 0 added, 0 removed, 1 the same · rows by question');
  await expect(changed.locator('del')).toHaveText('0.75');
  await files.getByRole('button', { name: 'Text', exact: true }).click();
  await expect(files.locator('.cm-merge-a')).toContainText('0.75');
  await files.getByRole('button', { name: 'Table', exact: true }).click();
  await expect(changed.locator('ins')).toHaveText('0.5');
});

test('texts of two runs: what changed stands out; what people wrote runs nowhere', async ({ page, cellkeep }) => {
  const [one, two] = await twoRuns(cellkeep);
  const lines = Array.from({ length: 60 }, (_, i) => `line ${i}`);
  const attack = '<img src=x onerror="window.pwned=1">';
  await putArtifact(cellkeep, one.id, 'train.log', lines.join('\n'), 'text/plain', 'text');
  await putArtifact(cellkeep, two.id, 'train.log', lines.with(30, attack).join('\n'), 'text/plain', 'text');
  const check = await watchForScripts(page);
  await openPage(page, cellkeep, `/compare?runs=${one.id},${two.id}`);
  const files = section(page, 'Artifacts');
  await files.scrollIntoViewIfNeeded();
  const diff = files.getByRole('region', { name: 'Differences from one to two' });
  await expect(diff.locator('.cm-merge-a .cm-changedLine')).toHaveText('line 30');
  await expect(diff.locator('.cm-merge-b .cm-changedLine')).toHaveText(attack);
  await expect(diff.locator('.cm-collapsedLines').first()).toContainText('unchanged lines');
  await check();
});

test('the same file everywhere is said to be the same; one that a run lacks is named', async ({ page, cellkeep }) => {
  const [one, two] = await twoRuns(cellkeep);
  for (const { id } of [one, two]) await putArtifact(cellkeep, id, 'config.yaml', 'lr: 0.1\n', 'text/plain', 'text');
  await putArtifact(cellkeep, one.id, 'only.txt', 'here', 'text/plain', 'text');
  await openPage(page, cellkeep, `/compare?runs=${one.id},${two.id}`);
  const files = section(page, 'Artifacts');
  await files.scrollIntoViewIfNeeded();
  await expect(files).toContainText('Both files are the same, byte for byte.');
  await files.getByRole('button', { name: /only\.txt/ }).click();
  await expect(files.getByRole('region', { name: 'two' })).toContainText('not in this run');
  await expect(page).toHaveURL(/file=only\.txt/);
});

test('pictures that were logged at each step follow one slider, MLflow’s among them', async ({ page, cellkeep }) => {
  const [one, two] = await twoRuns(cellkeep);
  const name = (step: number) => `images/val~grid+step+${step}+timestamp+1700000000000+abc.svg`;
  for (const step of [0, 10, 20])
    await putArtifact(cellkeep, one.id, name(step), picture(`one ${step}`, '#0072b2'), 'image/svg+xml', 'figure');
  for (const step of [0, 20]) await putArtifact(cellkeep, two.id, name(step), picture(`two ${step}`, '#d55e00'), 'image/svg+xml', 'figure');
  await openPage(page, cellkeep, `/compare?runs=${one.id},${two.id}`);
  await section(page, 'Artifacts').scrollIntoViewIfNeeded();
  const images = section(page, 'Images by step');
  await expect(images).toContainText('val/grid');
  await expect(images.getByRole('img', { name: 'val/grid of one at step 20' })).toBeVisible();
  await images.getByRole('slider').focus();
  await page.keyboard.press('ArrowLeft');
  await expect(images.getByRole('img', { name: 'val/grid of one at step 10' })).toBeVisible();
  // that run has no picture of step 10: the one that stood then is shown, and named
  await expect(images.getByRole('region', { name: 'two' })).toContainText('step 0');
  await expect(page).toHaveURL(/step=10/);
  const isLoaded = (name: string) =>
    images.getByRole('img', { name }).evaluate((image: HTMLImageElement) => image.complete && image.naturalWidth > 0);
  await expect.poll(() => isLoaded('val/grid of two at step 0')).toBe(true);
  await keepPicture(page, 'images.png');
});

test('the cells of two runs, what changed in them; runs without cells say so', async ({ page, cellkeep }) => {
  const { tracking } = cellkeep.client;
  const make = async (name: string, source: string) => {
    const [sessionId, executionId, runId] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID().replaceAll('-', '')];
    const at = Date.now();
    const { rejected } = await tracking.ingest({
      writer: crypto.randomUUID(),
      seq: 1,
      records: [
        { type: 'session.start', session: { id: sessionId, kind: 'notebook', notebookPath: 'work/code.ipynb', startedAt: at } },
        {
          type: 'execution',
          execution: {
            id: executionId,
            sessionId,
            cellId: 'c0ffee',
            order: 0,
            executionCount: 3,
            startedAt: at,
            durationMs: 5,
            status: 'ok',
            source,
          },
        },
        {
          type: 'run.create',
          run: { id: runId, experimentName: 'code', name, source: { sessionId, executionId, cellId: 'c0ffee', executionCount: 3 } },
        },
      ],
    });
    expect(rejected).toEqual([]);
    return runId;
  };
  const one = await make('one', 'model = Forest(trees=100)\nmodel.fit(x, y)');
  const two = await make('two', 'model = Forest(trees=500)\nmodel.fit(x, y)');
  const bare = await makeRun(cellkeep, { experimentName: 'code', name: 'bare' });
  await openPage(page, cellkeep, `/compare?runs=${one},${two},${bare.id}`);
  const code = section(page, 'Notebooks');
  await code.scrollIntoViewIfNeeded();
  await expect(code.locator('.cm-merge-b .cm-changedText')).toContainText('5');
  await code.getByRole('combobox', { name: 'To' }).selectOption({ label: 'bare' });
  await expect(code).toContainText('No cell is known of bare');
});

for (const theme of ['light', 'dark'] as const) {
  test(`files side by side fit 360 px and a desk, ${theme}`, async ({ page, cellkeep }) => {
    const [one, two] = await twoRuns(cellkeep);
    const rows = Array.from({ length: 30 }, (_, i) => `${i},${(i * 0.37) % 1},word ${i}`);
    await putArtifact(cellkeep, one.id, 'tables/scores.csv', `id,score,text\n${rows.join('\n')}`, 'text/csv', 'table');
    await putArtifact(
      cellkeep,
      two.id,
      'tables/scores.csv',
      `id,score,text\n${rows.with(3, '3,0.5,other').with(9, '99,1,new').join('\n')}`,
      'text/csv',
      'table',
    );
    await putArtifact(cellkeep, one.id, 'train.py', 'import a\n\ndef fit(x):\n    return a.fit(x, 1)\n', 'text/x-python', 'text');
    await putArtifact(cellkeep, two.id, 'train.py', 'import a\n\ndef fit(x, rate):\n    return a.fit(x, rate)\n', 'text/x-python', 'text');
    for (const file of ['tables/scores.csv', 'train.py']) {
      await page.setViewportSize({ width: 1360, height: 900 });
      await openPage(page, cellkeep, `/compare?runs=${one.id},${two.id}&file=${encodeURIComponent(file)}`);
      await setTheme(page, theme);
      const files = section(page, 'Artifacts');
      await files.scrollIntoViewIfNeeded();
      await expect(files.locator('ins, .cm-changedText').first()).toBeVisible();
      await keepPicture(files, `${file.replace(/\W/g, '-')}-desk.png`);
      await page.setViewportSize({ width: 360, height: 760 });
      await expect(files.locator('ins, .cm-changedText').first()).toBeVisible();
      await expectNoSideScroll(page);
      await keepPicture(files, `${file.replace(/\W/g, '-')}-narrow.png`);
    }
  });
}
