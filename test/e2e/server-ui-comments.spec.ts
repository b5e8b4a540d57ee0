// What people say about a run, an experiment or a report, who is told, and what their words must never do to the page.
import { expect, test } from './fixtures.ts';
import { named, somebody } from './people.ts';
import { expectNoSideScroll, makeRun, openPage, watchForScripts } from './runs.ts';

test.describe.configure({ timeout: 180_000 });

test('somebody is mentioned, their bell rings at once, and it leads to the very comment', async ({ page, browser, cellkeep }) => {
  const run = await makeRun(cellkeep, { experimentName: 'comments', name: 'spoken of', metrics: { auc: [0.5] } });
  const ada = await somebody(browser, cellkeep, { name: named('Ada Lovelace') });
  const bell = ada.page.getByRole('button', { name: /^Inbox/ });
  await expect(bell).toHaveAccessibleName('Inbox');

  await openPage(page, cellkeep, `/runs/${run.id}/comments`);
  const field = page.getByRole('textbox', { name: 'Comment, in Markdown' });
  await field.pressSequentially('Why so **low**, @ada lov');
  await page.getByRole('option', { name: ada.name }).waitFor();
  await page.keyboard.press('Enter');
  await expect(field).toHaveValue(`Why so **low**, @${ada.name} `);
  await page.keyboard.press('Control+Enter');
  const said = page.getByRole('list', { name: 'Comments' }).getByRole('listitem');
  await expect(said).toHaveCount(1);
  await expect(said.locator('strong')).toHaveText('low');
  await expect(said.locator('.ck-mention')).toHaveText(`@${ada.name}`);
  await expect(field).toHaveValue('');
  await expect(page.getByRole('tab', { name: /Comments/ })).toContainText('1');

  await expect(bell).toHaveAccessibleName('Inbox: 1 unread mention');
  await bell.click();
  await ada.page
    .getByRole('dialog', { name: 'Inbox' })
    .getByRole('button', { name: /spoken of/ })
    .click();
  await expect(ada.page).toHaveURL(/\/comments#comment-/);
  await expect(ada.page.locator('.ck-comment[data-wanted]')).toContainText('Why so low');
  await expect(bell).toHaveAccessibleName('Inbox');

  // the answer comes to the page that is open, without being asked for
  await ada.page.getByRole('textbox', { name: 'Comment, in Markdown' }).fill('A typo.');
  await ada.page.getByRole('button', { name: 'Comment', exact: true }).click();
  await expect(said).toHaveCount(2);
  await expect(said.last()).toContainText('A typo.');
  await ada.context.close();
});

test('one edits and deletes own words, an owner only takes words away, a viewer reads', async ({ page, browser, cellkeep }) => {
  const run = await makeRun(cellkeep, { experimentName: 'comments', name: 'edited', status: 'finished' });
  const subject = `run:${run.id}`;
  const bob = await somebody(browser, cellkeep, { name: named('Bob'), path: `/runs/${run.id}/comments` });
  await bob.client.collaboration.comments.create({ subject, body: 'first words' });
  await expect(bob.page.getByText('first words')).toBeVisible();
  const menu = bob.page.getByRole('button', { name: 'What can be done with this comment' });
  await menu.click();
  await bob.page.getByRole('menuitem', { name: 'Edit' }).click();
  await bob.page.getByRole('textbox', { name: 'Comment, in Markdown' }).first().fill('better words');
  await bob.page.getByRole('button', { name: 'Save' }).click();
  await expect(bob.page.locator('.ck-comment')).toContainText('edited');

  await openPage(page, cellkeep, `/runs/${run.id}/comments`);
  await expect(page.getByText('better words')).toBeVisible();
  await page.getByRole('button', { name: 'What can be done with this comment' }).click();
  await expect(page.getByRole('menuitem', { name: 'Edit' })).toHaveCount(0);
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await expect(page.getByText('It cannot be taken back')).toBeVisible();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(page.getByText('Nobody has said anything yet')).toBeVisible();
  await expect(bob.page.getByText('Nobody has said anything yet')).toBeVisible();

  await cellkeep.client.access.users.update({ id: bob.id, role: 'viewer' });
  await bob.page.reload();
  await expect(bob.page.getByText('You are a viewer here')).toBeVisible();
  await expect(bob.page.getByRole('textbox', { name: 'Comment, in Markdown' })).toHaveCount(0);
  await expect(bob.page.getByRole('button', { name: 'Compare with…' })).toBeVisible();
  await expect(bob.page.getByRole('button', { name: /^(Rename|Stop|Add a tag|Delete the run)$/ })).toHaveCount(0);
  await bob.context.close();
});

test('a comment that is not sent yet outlives a reload', async ({ page, cellkeep }) => {
  const run = await makeRun(cellkeep, { experimentName: 'comments', name: 'draft', status: 'finished' });
  await openPage(page, cellkeep, `/runs/${run.id}/comments`);
  const field = page.getByRole('textbox', { name: 'Comment, in Markdown' });
  await field.fill('half a thought');
  await page.reload();
  await expect(field).toHaveValue('half a thought');
});

test('of many comments the newest are there at once, and a permalink finds the oldest', async ({ page, cellkeep }) => {
  const run = await makeRun(cellkeep, { experimentName: 'comments', name: 'much said', status: 'finished' });
  const { comments } = cellkeep.client.collaboration;
  const subject = `run:${run.id}`;
  const first = await comments.create({ subject, body: 'the very first' });
  for (let i = 0; i < 3; i++)
    await Promise.all(Array.from({ length: 40 }, (_, j) => comments.create({ subject, body: `comment ${i}-${j}` })));
  await openPage(page, cellkeep, `/runs/${run.id}/comments`);
  await expect(page.locator('.ck-comment')).toHaveCount(50);
  await expect(page.getByRole('button', { name: 'Show earlier ones (71 more)' })).toBeVisible();
  await page.goto(`${cellkeep.url}/runs/${run.id}/comments#comment-${first.id}`);
  await page.reload();
  await expect(page.locator('.ck-comment[data-wanted]')).toContainText('the very first', { timeout: 60_000 });
  await expect(page.locator('.ck-comment[data-wanted]')).toBeInViewport();
});

test('hostile words stay words, also in names, and nothing is asked of another server', async ({ page, browser, cellkeep }) => {
  const evil = named('<img src=x onerror="window.pwned=1">');
  const eve = await somebody(browser, cellkeep, { name: evil, path: '/reports' });
  const run = await makeRun(cellkeep, { experimentName: 'comments', name: 'hostile', status: 'finished' });
  const asked: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(cellkeep.url)) asked.push(request.url());
  });
  const expectNoScripts = await watchForScripts(page);
  const body = [
    '<script>window.pwned = 1</script> <img src=x onerror="window.pwned=1">',
    '[click](javascript:window.pwned=1) ![x](https://evil.example/pixel.png)',
    `@${evil} ![y](artifact:${run.id}/../../../session)`,
    'x'.repeat(3_000),
  ].join('\n\n');
  await eve.client.collaboration.comments.create({ subject: `run:${run.id}`, body });
  await openPage(page, cellkeep, `/runs/${run.id}/comments`);
  await expect(page.locator('.ck-comment')).toContainText('<script>window.pwned = 1</script>');
  await expect(page.locator('.ck-comment img')).toHaveCount(0);
  await expect(page.locator('.ck-comment a[href^="javascript"]')).toHaveCount(0);
  await expectNoSideScroll(page);
  await expectNoScripts();
  expect(asked).toEqual([]);
  await eve.context.close();
});

test('an experiment has a discussion of its own, on a narrow screen too', async ({ page, cellkeep }) => {
  const { experimentId } = await makeRun(cellkeep, { experimentName: 'discussed', name: 'one', status: 'finished' });
  await cellkeep.client.collaboration.comments.create({ subject: `experiment:${experimentId}`, body: 'about all of them' });
  await page.setViewportSize({ width: 360, height: 740 });
  await openPage(page, cellkeep, `/experiments/${experimentId}`);
  await page
    .getByRole('link', { name: /Discussion|1/ })
    .first()
    .click();
  await expect(page).toHaveURL(/\/discussion$/);
  await expect(page.getByText('about all of them')).toBeVisible();
  await expectNoSideScroll(page);
});
