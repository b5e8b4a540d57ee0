// Can the run be made again? The badge, the progress, what drifted by how much and where, and the clock.
import { expect, test } from './fixtures.ts';
import { named, somebody } from './people.ts';
import { makeRun, openPage } from './runs.ts';
import { putSnapshot, ranCells } from './snapshots.ts';

test('a verification is watched, stopped, and tells what drifted and where; the badge stands wherever the run does', async ({
  page,
  browser,
  cellkeep,
}) => {
  const { verdicts, schedules } = cellkeep.client.design;
  const experimentName = named('verified runs'); // its rows are this try's alone, also where it is tried again
  const path = 'work/verified.ipynb';
  const executions = Array.from({ length: 40 }, (_, i) => ({ cellId: `c${i}`, source: `x${i} = ${i}` }));
  const { sessionId, runId } = await ranCells(cellkeep, { path, run: { name: 'to verify', experimentName }, executions });
  const cells = executions.map(({ cellId, source }, i) => ({ id: cellId, source, executionCount: i + 1 }));
  await putSnapshot(cellkeep, { path, cells, runIds: [runId], kernel: { sessionId, lastOrder: 39 } });
  await cellkeep.client.tracking.runs.log({ id: runId, series: [{ key: 'auc', steps: [0], values: [0.8], times: [Date.now()] }] });
  await cellkeep.client.tracking.runs.update({ id: runId, status: 'finished' });

  // one that another process does: how far it is, and that it can be stopped
  const first = await verdicts.start({ runId, where: 'client' });
  await verdicts.update({ id: first.id, status: 'running', progress: { stage: 'execute', done: 3, total: 40, text: 'In[4]' } });
  await openPage(page, cellkeep, `/runs/${runId}/notebook`);
  await page.getByRole('button', { name: 'Verify', exact: true }).click();
  const panel = page.getByRole('complementary', { name: 'Verify' });
  await expect(panel.getByRole('status').first()).toHaveText('executing the cells 3 / 40 In[4]');
  await expect(panel.getByRole('progressbar')).toHaveAttribute('value', '3');
  await verdicts.update({ id: first.id, progress: { stage: 'compare', done: 1, total: 2, text: '' } });
  await expect(panel.getByRole('status').first()).toHaveText('comparing 1 / 2');
  await panel.getByRole('button', { name: 'Stop it' }).click();
  // The process that verifies hears of it and says so.
  await verdicts.update({ id: first.id, status: 'cancelled' }).catch(() => undefined);
  await expect(panel.getByRole('region', { name: 'Result' })).toContainText('it says nothing about the run');
  await expect(page.locator('.ck-run-title .ck-verdict')).toHaveText('–not checked');

  // one that drifted: by how much, and the first cell
  const second = await verdicts.start({ runId, where: 'client', options: { how: 'slice', tolerances: { relative: 1e-6 } } });
  const difference = { order: 34, cellId: 'c34', was: '0.8', now: '0.79', distance: 0.0125, tolerance: 1e-6, counts: true };
  await verdicts.update({
    id: second.id,
    status: 'drifted',
    findings: {
      environment: 'rebuilt',
      executed: 40,
      compared: { metrics: 1, outputs: 2, images: 0, predictions: 0 },
      differences: [
        { ...difference, kind: 'environment', name: 'numpy', was: '2.3.1', now: '2.3.2', distance: null, tolerance: null, counts: false },
        { ...difference, kind: 'metric', name: 'auc' },
      ],
      firstOrder: 34,
      firstCellId: 'c34',
      error: null,
      notes: ['In[2] shows a clock.'],
    },
  });
  await expect(page.locator('.ck-run-title .ck-verdict')).toHaveText('≈drifted');
  await page.reload();
  await page.getByRole('button', { name: 'Verify', exact: true }).click();
  const result = panel.getByRole('region', { name: 'Result' });
  await expect(result).toContainText('1 of 3 compared things differ.');
  await expect(result).toContainText('in an environment built for it');
  const differences = result.getByRole('listitem');
  await expect(differences.first()).toContainText('auc');
  await expect(differences.first()).toContainText('0.0125, allowed 1.0e-6');
  await expect(differences.nth(1)).toContainText('told, but no reason for drifted');
  await result.getByRole('button', { name: 'execution #35' }).click();
  await expect(page.getByRole('article', { name: 'cell [35]' })).toBeInViewport();

  // what came before, and the clock
  await panel.getByText('Before').click();
  await expect(panel.getByRole('listitem').filter({ hasText: 'stopped' })).toBeVisible();
  await panel.getByRole('combobox', { name: 'How often' }).selectOption({ label: 'every 7 days' });
  await panel.getByText('Tolerances').click();
  await panel.getByLabel('Relative').fill('nonsense');
  await expect(panel.getByLabel('Relative')).toHaveAttribute('aria-invalid', 'true');
  await panel.getByLabel('Relative').fill('0.01');
  await panel.getByRole('button', { name: 'Verify by the clock' }).click();
  await expect(panel.getByRole('region', { name: 'By the clock' })).toContainText('every 7 days');
  await expect(panel.getByRole('button', { name: 'No more' })).toBeVisible(); // it is stored
  const [schedule] = (await schedules.list({ runId })).schedules;
  expect(schedule).toMatchObject({ everyHours: 168, options: { how: 'order', tolerances: { relative: 0.01 } } });
  await panel.getByRole('button', { name: 'No more' }).click();
  await expect(panel.getByRole('button', { name: 'Verify by the clock' })).toBeVisible();

  // a viewer reads the verdict, and is told whom to ask for more
  const viewer = await somebody(browser, cellkeep, { name: named('Vera'), role: 'viewer', path: `/runs/${runId}/notebook` });
  await viewer.page.getByRole('button', { name: 'Verify', exact: true }).click();
  const seen = viewer.page.getByRole('complementary', { name: 'Verify' });
  await expect(seen).toContainText('1 of 3 compared things differ.');
  await expect(seen).toContainText('ask an owner of this workspace for the role editor');
  await expect(seen.getByRole('button', { name: /^Verify/ })).toHaveCount(0);
  await viewer.context.close();

  // the badge of the table's row, and none where nobody has checked
  const run = await cellkeep.client.tracking.runs.get({ id: runId });
  await makeRun(cellkeep, { experimentName, name: 'unchecked', status: 'finished' });
  await page.goto(`${cellkeep.url}/experiments/${run.experimentId}`);
  await expect(page.getByRole('row', { name: /to verify/ }).locator('.ck-verdict')).toHaveText('≈drifted');
  await expect(page.getByRole('row', { name: /unchecked/ }).locator('.ck-verdict')).toHaveCount(0);
});
