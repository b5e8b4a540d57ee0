// Reports: pages of Markdown with live charts, written by several people, shared by their address.
import { expect, test } from './fixtures.ts';
import { named, somebody } from './people.ts';
import { expectNoSideScroll, falling, logPoints, makeRun, openPage, putArtifact, watchForScripts } from './runs.ts';

test.describe.configure({ timeout: 180_000 });

test('a report is begun, written with a chart from the menu, saved by key and read by somebody else', async ({
  page,
  browser,
  cellkeep,
}) => {
  await makeRun(cellkeep, {
    experimentName: 'reported',
    name: 'first of the report',
    params: { lr: '0.1' },
    metrics: { loss: falling(30) },
    status: 'finished',
  });
  await openPage(page, cellkeep, '/reports');
  await page.getByRole('button', { name: 'New report' }).first().click();
  const title = page.getByRole('textbox', { name: 'Title' });
  await title.fill('Do higher rates help?');
  const source = page.getByRole('textbox', { name: 'Report, in Markdown' });
  await source.fill('## What was tried\n\n');
  await page.getByRole('button', { name: 'Insert' }).click();
  await page.getByRole('menuitem', { name: 'Curves' }).click();
  await expect(source).toHaveValue(/```cellkeep\nchart: curves\nexperiment: reported\n/);
  await expect(page.getByRole('region', { name: 'Page' }).getByRole('figure', { name: /loss/ })).toBeVisible();

  // what is not saved outlives a reload
  await page.reload();
  await expect(source).toHaveValue(/chart: curves/);
  await expect(page.getByText('Not saved yet; kept in this browser')).toBeVisible();
  await source.focus();
  await page.keyboard.press('Control+s');
  await expect(page.getByText('Saved', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Do higher rates help?');

  const viewer = await somebody(browser, cellkeep, { name: named('Viewer'), role: 'viewer', path: new URL(page.url()).pathname });
  await expect(viewer.page.getByRole('heading', { name: 'What was tried' })).toBeVisible();
  await expect(viewer.page.getByRole('figure', { name: /loss/ })).toContainText('30 points');
  await expect(viewer.page.getByRole('button', { name: 'Edit' })).toHaveCount(0);
  await viewer.context.close();
});

test('the charts of a report are live: curves grow, and a table shows the run that has just begun', async ({ page, cellkeep }) => {
  const run = await makeRun(cellkeep, { experimentName: 'live report', name: 'training', metrics: { loss: falling(20) } });
  const body =
    '```cellkeep\nchart: curves\nexperiment: live report\nmetrics: [loss]\n```\n\n```cellkeep\nchart: table\nexperiment: live report\ncolumns: [metrics.loss]\n```\n';
  const { id } = await cellkeep.client.collaboration.reports.create({ title: 'live', body });
  await openPage(page, cellkeep, `/reports/${id}`);
  const figure = page.getByRole('figure', { name: /loss/ });
  await expect(figure).toContainText('20 points');
  await logPoints(cellkeep, run.id, { loss: falling(40, 0.3) }, 20);
  await expect(figure).toContainText('60 points');
  const rows = page.getByRole('region', { name: 'table' }).getByRole('row');
  await expect(rows).toHaveCount(2);
  await makeRun(cellkeep, { experimentName: 'live report', name: 'a second one', metrics: { loss: [0.5] } });
  await expect(rows).toHaveCount(3);
});

test('two who write at once: the second sees both sides, takes what they want of each, and nothing is lost', async ({
  page,
  browser,
  cellkeep,
}) => {
  const lines = Array.from({ length: 12 }, (_, i) => `line ${i + 1}`);
  const { id } = await cellkeep.client.collaboration.reports.create({ title: 'shared', body: lines.join('\n') });
  const ada = await somebody(browser, cellkeep, { name: named('Ada'), path: `/reports/${id}` });
  await openPage(page, cellkeep, `/reports/${id}`);
  for (const one of [page, ada.page]) await one.getByRole('button', { name: 'Edit' }).click();

  const mine = page.getByRole('textbox', { name: 'Report, in Markdown' });
  await mine.fill(lines.with(10, 'line 11 of mine').join('\n'));
  const theirs = ada.page.getByRole('textbox', { name: 'Report, in Markdown' });
  await theirs.fill(lines.with(1, 'line 2 of Ada').join('\n'));
  await ada.page.keyboard.press('Control+s');
  await expect(ada.page.getByText('Saved', { exact: true })).toBeVisible();

  await expect(page.getByText(`${ada.name} has saved revision 2 while you write from revision 1`)).toBeVisible();
  await page.keyboard.press('Control+s');
  await expect(page.getByRole('heading', { name: 'Yours, to be saved' })).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'Theirs' })).toContainText('line 2 of Ada');
  await expect(page.getByRole('textbox', { name: 'Yours' })).toContainText('line 11 of mine');
  expect((await cellkeep.client.collaboration.reports.get({ id })).body).toContain('line 2 of Ada');

  await page.getByRole('button', { name: 'Take this from theirs' }).first().click();
  await page.getByRole('button', { name: 'Save what is at the right' }).click();
  await expect(page.getByText('Saved', { exact: true })).toBeVisible();
  const stored = await cellkeep.client.collaboration.reports.get({ id });
  expect(stored).toMatchObject({ revision: 3, body: lines.with(1, 'line 2 of Ada').with(10, 'line 11 of mine').join('\n') });
  // Ada, who has changed nothing more, is shown the newest state without being asked
  await ada.page.getByRole('button', { name: 'Done' }).click();
  await expect(ada.page.getByText('line 11 of mine')).toBeVisible();
  await ada.context.close();
});

test('an earlier revision is read and made the newest again', async ({ page, cellkeep }) => {
  const { reports } = cellkeep.client.collaboration;
  const { id } = await reports.create({ title: 'history', body: 'the first state' });
  await reports.update({ id, revision: 1, body: 'the second state' });
  await openPage(page, cellkeep, `/reports/${id}`);
  await expect(page.getByText('the second state')).toBeVisible();
  await page.getByRole('button', { name: 'History' }).click();
  await page.getByRole('navigation', { name: 'Revisions' }).getByRole('button').last().click();
  await expect(page.getByText('the first state')).toBeVisible();
  await page.getByRole('button', { name: 'Make it the newest' }).click();
  await expect(page.getByText('the first state')).toBeVisible();
  await expect.poll(() => reports.get({ id })).toMatchObject({ revision: 3, body: 'the first state' });
});

test('what is wrong with a chart is said where it stands, with its line, and the rest is drawn', async ({ page, cellkeep }) => {
  const body =
    'before\n\n```cellkeep\nchart: curves\nsmooth: 0.5\n```\n\nbetween\n\n```cellkeep\nchart: table\nexperiment: there is no such experiment\n```\n\nafter\n';
  const { id } = await cellkeep.client.collaboration.reports.create({ title: 'wrong', body });
  await openPage(page, cellkeep, `/reports/${id}`);
  const wrong = page.getByRole('alert', { name: 'A chart that cannot be drawn' });
  await expect(wrong).toHaveCount(2);
  await expect(wrong.first()).toContainText('Line 5 "smooth" is none of this chart\'s words');
  await expect(wrong.last()).toContainText('Line 12 there is no experiment "there is no such experiment"');
  for (const text of ['before', 'between', 'after']) await expect(page.getByText(text, { exact: true })).toBeVisible();
});

test('runs are added to a report from where they are looked at', async ({ page, cellkeep }) => {
  const run = await makeRun(cellkeep, { experimentName: 'added', name: 'to be added', metrics: { auc: [0.5, 0.6] }, status: 'finished' });
  const { id } = await cellkeep.client.collaboration.reports.create({ title: `Collected ${run.id.slice(0, 6)}`, body: 'so far' });
  await openPage(page, cellkeep, `/runs/${run.id}`);
  await page.getByRole('button', { name: 'Report…' }).click();
  await page.getByRole('button', { name: new RegExp(`Collected ${run.id.slice(0, 6)}`) }).click();
  await expect(page.getByText('Added to the report')).toBeVisible();
  const { body, revision } = await cellkeep.client.collaboration.reports.get({ id });
  expect(revision).toBe(2);
  expect(body).toBe(`so far\n\n\`\`\`cellkeep\nchart: curves\nruns: [${run.id}]\nmetrics: [auc]\n\`\`\`\n`);
});

test('a hostile report runs nothing, asks nobody, and shows pictures of runs alone', async ({ page, cellkeep }) => {
  const run = await makeRun(cellkeep, { experimentName: 'hostile report', name: '<b>x</b>', status: 'finished' });
  await putArtifact(
    cellkeep,
    run.id,
    'plots/ok.svg',
    '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><script>window.pwned=1</script><rect width="10" height="10"/></svg>',
    'image/svg+xml',
  );
  const asked: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(cellkeep.url)) asked.push(request.url());
  });
  const expectNoScripts = await watchForScripts(page);
  const body = [
    '<script>window.pwned=1</script><iframe src="https://evil.example"></iframe>',
    `![ok](artifact:${run.id}/plots/ok.svg) ![no](https://evil.example/x.png) ![no](data:image/svg+xml,x)`,
    '```cellkeep\nchart: table\ntitle: "<img src=x onerror=window.pwned=1>"\nexperiment: hostile report\n```',
    '```cellkeep\na: &a [x,x,x]\nb: [*a,*a,*a]\nchart: !!js/function "alert(1)"\n```',
    `${'x'.repeat(2_000)}`,
  ].join('\n\n');
  const { id } = await cellkeep.client.collaboration.reports.create({ title: '<img src=x onerror=window.pwned=1>', body });
  await openPage(page, cellkeep, `/reports/${id}`);
  await expect(page.locator('.ck-report-body img')).toHaveCount(1);
  await expect(page.getByRole('heading', { name: '<img src=x onerror=window.pwned=1>' }).first()).toBeVisible();
  await expect(page.getByRole('region', { name: '<img src=x' }).getByRole('link', { name: '<b>x</b>' })).toBeVisible();
  await expectNoSideScroll(page);
  await expectNoScripts();
  expect(asked).toEqual([]);
});

test('a deleted report is found among the deleted and comes back; a wrong address says so', async ({ page, cellkeep }) => {
  const { id, title } = await cellkeep.client.collaboration.reports.create({ title: named('to be deleted'), body: 'x' });
  await openPage(page, cellkeep, `/reports/${id}`);
  await page.getByRole('button', { name: 'More for this report' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await expect(page.getByText('This report is deleted')).toBeVisible();
  await page.getByRole('link', { name: 'Reports' }).last().click();
  await expect(page.getByRole('link', { name: title })).toHaveCount(0);
  await page.getByRole('button', { name: 'Deleted' }).click();
  await page.getByRole('listitem').filter({ hasText: title }).getByRole('button', { name: 'Restore' }).click();
  await page.getByRole('button', { name: 'Deleted' }).click();
  await expect(page.getByRole('link', { name: title })).toBeVisible();
  await page.goto(`${cellkeep.url}/reports/00000000-0000-4000-8000-000000000000`);
  await expect(page.getByText('There is no such report')).toBeVisible();
});
