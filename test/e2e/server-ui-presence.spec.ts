// Who is here: people who look at the same thing see each other, and a run that trains says that it is alive.
import { expect, test } from './fixtures.ts';
import { named, somebody } from './people.ts';
import { makeRun, openPage } from './runs.ts';

test('who opens the same run appears at its head, and is gone when they leave', async ({ page, browser, cellkeep }) => {
  const run = await makeRun(cellkeep, { experimentName: 'presence', name: 'looked at', metrics: { auc: [0.5] } });
  await openPage(page, cellkeep, `/runs/${run.id}`);
  const here = page.locator('.ck-run-head').getByRole('status', { name: 'Who else looks at this' });
  await expect(here.locator('.ck-avatar')).toHaveCount(0);

  const ada = await somebody(browser, cellkeep, { name: named('Ada Lovelace'), path: `/runs/${run.id}` });
  await expect(here.locator('.ck-avatar')).toHaveCount(1);
  await expect(here).toContainText(ada.name);
  await expect(ada.page.locator('.ck-run-head').getByRole('status', { name: 'Who else looks at this' }).locator('.ck-avatar')).toHaveCount(
    1,
  );

  // a second window of the same person is the same person
  const second = await ada.context.newPage();
  await second.goto(`${cellkeep.url}/runs/${run.id}`);
  await expect(second.locator('.ck-run-head .ck-avatar')).toHaveCount(1);
  await expect(here.locator('.ck-avatar')).toHaveCount(1);
  await second.close();
  await expect(here.locator('.ck-avatar')).toHaveCount(1);

  // going on to something else is leaving
  await ada.page.goto(`${cellkeep.url}/experiments`);
  await expect(here.locator('.ck-avatar')).toHaveCount(0);
  await ada.page.goto(`${cellkeep.url}/runs/${run.id}/curves`);
  await expect(here.locator('.ck-avatar')).toHaveCount(1);
  await ada.context.close();
  await expect(here.locator('.ck-avatar')).toHaveCount(0);
});

test('a run that trains says when it was last heard of and where, one that has ended does not', async ({ page, cellkeep }) => {
  const source = { sessionId: null, executionId: null, cellId: 'c0ffee', executionCount: 12, entrypoint: '', host: 'gpu-7', git: null };
  const run = await makeRun(cellkeep, { experimentName: 'presence', name: 'alive', source });
  await openPage(page, cellkeep, `/runs/${run.id}`);
  const alive = page.locator('.ck-liveness');
  await expect(alive).toContainText(/heard of (now|\d+ s ago)/); // as long as this page takes to look
  await expect(alive).toContainText('gpu-7');
  await expect(alive).toHaveAttribute('title', /cell \[12\] · on gpu-7/);
  await cellkeep.client.tracking.runs.update({ id: run.id, status: 'finished' });
  await expect(alive).toHaveCount(0);
});
