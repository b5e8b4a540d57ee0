// From the login link to an experiment: who may come in, what an empty server teaches, experiments made, renamed, deleted and taken back.
import { expect, test } from './fixtures.ts';
import { expectNoSideScroll, makeRun, openPage, setTheme, watchForScripts } from './runs.ts';

const HOSTILE = '<img src=x onerror="window.pwned=1">';

test.describe('the login', () => {
  test('the printed link logs in and leaves no secret in the address', async ({ page, cellkeep }) => {
    await page.goto(cellkeep.login);
    await expect(page.getByRole('heading', { name: 'Experiments' })).toBeVisible();
    expect(page.url()).not.toContain(new URL(cellkeep.login).hash.slice(1));
    await expect(page.getByRole('button', { name: 'Connection: live' })).toBeVisible();
    await page.goBack().catch(() => null);
    expect(page.url()).not.toContain(new URL(cellkeep.login).hash.slice(1));
  });

  test('who is not logged in is asked for a token, told of a wrong one, and lands where they wanted to go', async ({ page, cellkeep }) => {
    const experiment = await cellkeep.client.tracking.experiments.create({ name: `wanted ${Date.now()}` });
    await page.goto(`${cellkeep.url}/experiments/${experiment.id}?filter=metrics.auc+%3E+0.5`);
    await expect(page).toHaveURL(/\/login$/);
    const field = page.getByLabel('Token');
    await field.fill('ck_not-a-token');
    await field.press('Enter');
    await expect(page.getByRole('alert')).toContainText('unknown, expired or revoked');
    await field.fill(cellkeep.token);
    await page.getByRole('button', { name: 'Log in' }).click();
    await expect(page).toHaveURL(new RegExp(`/experiments/${experiment.id}\\?filter=`));
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(experiment.name);
  });

  test('an old login link says that it is old', async ({ page, cellkeep }) => {
    await page.goto(`${cellkeep.url}/login#of-an-earlier-start`);
    await expect(page.getByRole('alert')).toContainText('earlier start of the server');
    await expect(page.getByLabel('Token')).toBeVisible();
  });

  test('after the log out nothing can be seen any more', async ({ page, cellkeep }) => {
    await openPage(page, cellkeep, '/experiments');
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitem', { name: 'Log out' }).click();
    await expect(page.getByLabel('Token')).toBeVisible();
    await page.goto(`${cellkeep.url}/experiments`);
    await expect(page.getByLabel('Token')).toBeVisible();
  });
});

test('an empty server teaches the cell that fills it, and the run appears while one looks', async ({ page, newServer }) => {
  const empty = await newServer();
  await page.goto(empty.login);
  await expect(page.getByRole('heading', { name: 'No runs yet' })).toBeVisible();
  await expect(page.locator('.ck-code')).toContainText('cellkeep.run("first try"');
  await expect(page.getByRole('button', { name: 'Copy', exact: true })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Insert into notebook' })).toHaveCount(0);
  await makeRun(empty, { experimentName: 'first', name: 'first try', metrics: { loss: [1, 0.5] } });
  await expect(page.getByRole('link', { name: 'first', exact: true })).toBeVisible();
  await expect(page.getByRole('row', { name: /first/ })).toContainText('1 running');
  await expect(page.getByRole('heading', { name: 'No runs yet' })).toHaveCount(0);
  await page.getByRole('link', { name: 'Models' }).click();
  await expect(page.getByRole('heading', { name: 'No models yet' })).toBeVisible();
  await expect(page.locator('.ck-code')).toContainText('cellkeep.deploy(model, name="iris", example=X[:5])');
});

test('an experiment is made, renamed, described, deleted and taken back', async ({ page, cellkeep }) => {
  const name = `made here ${Date.now()}`;
  await openPage(page, cellkeep, '/experiments');
  await page.getByRole('button', { name: 'New experiment' }).click();
  await page.getByLabel('Name of the new experiment').fill(name);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
  await expect(page.getByRole('heading', { name: 'No runs yet' })).toBeVisible();
  await expect(page).toHaveTitle(`${name} · Cellkeep`);

  await page.getByRole('link', { name: 'Experiments', exact: true }).last().click();
  await page.getByLabel('Search experiments by name').fill(name.toUpperCase());
  const row = page.getByRole('row', { name: new RegExp(name) });
  await expect(row).toBeVisible();
  await row.getByRole('button', { name: /^Actions for/ }).click();
  await page.getByRole('menuitem', { name: 'Describe' }).click();
  await page.getByRole('textbox', { name: 'Description' }).fill('by hand');
  await page.keyboard.press('Enter');
  await expect(row).toContainText('by hand');

  await row.getByRole('button', { name: /^Actions for/ }).click();
  await page.getByRole('menuitem', { name: 'Rename' }).click();
  await page.getByRole('textbox', { name: 'Name of the experiment' }).fill(`${name} ${HOSTILE}`);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('link', { name: `${name} ${HOSTILE}` })).toBeVisible();
  expect(await page.evaluate(() => 'pwned' in window)).toBe(false);

  await page.getByRole('button', { name: /^Actions for/ }).click();
  await page.getByRole('menuitem', { name: 'Delete with its runs' }).click();
  await expect(page.getByRole('link', { name: `${name} ${HOSTILE}` })).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('link', { name: `${name} ${HOSTILE}` })).toBeVisible();

  await page.getByRole('button', { name: /^Actions for/ }).click();
  await page.getByRole('menuitem', { name: 'Delete with its runs' }).click();
  await page.getByRole('button', { name: 'Deleted' }).click();
  await page.getByRole('button', { name: /^Restore/ }).click();
  await expect(page.getByRole('heading', { name: 'No deleted experiments.' })).toBeVisible();
  await page.getByRole('button', { name: 'Back to the experiments' }).click();
  await page.getByLabel('Search experiments by name').fill(name);
  await expect(page.getByRole('link', { name: `${name} ${HOSTILE}` })).toBeVisible();
});

test('a name that is taken says so where it is typed', async ({ page, cellkeep }) => {
  const name = `taken ${Date.now()}`;
  await cellkeep.client.tracking.experiments.create({ name });
  await openPage(page, cellkeep, '/experiments');
  await page.getByRole('button', { name: 'New experiment' }).click();
  await page.getByLabel('Name of the new experiment').fill(name);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog').getByRole('alert')).toContainText(name);
  await expect(page).toHaveURL(/\/experiments$/);
});

test('experiments are searched, walked through and opened by keys alone', async ({ page, cellkeep }) => {
  const stem = `keys ${Date.now()}`;
  for (const letter of ['a', 'b']) await makeRun(cellkeep, { experimentName: `${stem} ${letter}`, status: 'finished' });
  await openPage(page, cellkeep, '/experiments');
  await page.getByRole('button', { name: 'Keys', exact: true }).focus();
  await page.keyboard.press('/');
  await expect(page.getByLabel('Search experiments by name')).toBeFocused();
  await page.keyboard.type(stem);
  await expect(page.locator('.ck-experiments tbody tr')).toHaveCount(2);
  await page.getByRole('link', { name: `${stem} b` }).focus();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('link', { name: `${stem} a` })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`${stem} a`);

  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`${stem} a`);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Skip to the page' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
  const rail = page.getByRole('navigation', { name: 'Views and experiments' });
  await rail.getByRole('link', { name: `${stem} a` }).focus();
  await page.keyboard.press('ArrowUp');
  await expect(rail.getByRole('link', { name: `${stem} b` })).toBeFocused();
  await page.keyboard.press('Tab'); // the list is one stop
  await expect(rail.getByRole('link').and(page.locator(':focus'))).toHaveCount(0);
});

test('a token is made, shown once and revoked in two presses; the log names it', async ({ page, cellkeep }) => {
  const label = `laptop ${Date.now()}`;
  await openPage(page, cellkeep, '/settings');
  await expect(page.getByText('owner: everything')).toBeVisible();
  await page.getByLabel('What the token is for').fill(label);
  await page.getByRole('button', { name: 'Make a token' }).click();
  const secret = await page.locator('.ck-secret code').textContent();
  expect(secret).toMatch(/^ck_/);
  const me = await page.request.get(`${cellkeep.url}/api/v1/me`, { headers: { authorization: `Bearer ${secret}` } });
  expect(me.status()).toBe(200);
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(page.locator('.ck-secret')).toHaveCount(0);
  expect(await page.content()).not.toContain(secret);

  await page.getByRole('button', { name: `Revoke ${label}` }).click();
  await page.getByRole('button', { name: 'Revoke for good' }).click();
  await expect(page.getByRole('cell', { name: label })).toHaveCount(0);
  await page.getByRole('link', { name: 'Audit log' }).click();
  await expect(page.getByRole('row', { name: /token\.revoked/ }).first()).toBeVisible();
  await page.getByRole('button', { name: 'Check the chain' }).click();
  await expect(page.getByText('the chain holds')).toBeVisible();
});

test('an owner adds a colleague, who logs in with the shown token and may not do the same', async ({ page, cellkeep, browser }) => {
  const name = `colleague ${Date.now()}`;
  await openPage(page, cellkeep, '/settings/users');
  await page.getByLabel('Name of the new user').fill(name);
  await page.getByLabel('Role of the new user').selectOption('viewer');
  await page.getByRole('button', { name: 'Add' }).click();
  const token = (await page.locator('.ck-secret code').textContent()) ?? '';

  const theirs = await browser.newContext();
  const other = await theirs.newPage();
  await other.goto(`${cellkeep.url}/settings/users`);
  await other.getByLabel('Token').fill(token);
  await other.keyboard.press('Enter');
  await expect(other.getByText('An owner can add users')).toBeVisible();
  await expect(other.getByLabel('Name of the new user')).toHaveCount(0);

  await page.getByRole('button', { name: `Disable ${name}` }).click();
  await expect(other).toHaveURL(/\/login$/, { timeout: 20_000 });
  await theirs.close();
});

for (const theme of ['light', 'dark'] as const) {
  test(`at 360 px nothing is cut off sideways and hostile names are text (${theme})`, async ({ page, cellkeep }) => {
    const expectNoScripts = await watchForScripts(page);
    await makeRun(cellkeep, { experimentName: `${HOSTILE} ${theme}`, name: HOSTILE, status: 'finished' });
    await page.setViewportSize({ width: 360, height: 700 });
    await setTheme(page, theme);
    await openPage(page, cellkeep, '/experiments');
    await expect(page.getByRole('link', { name: `${HOSTILE} ${theme}` })).toBeVisible();
    await expectNoSideScroll(page);
    await page.goto(`${cellkeep.url}/settings`);
    await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();
    await expectNoSideScroll(page);
    await expectNoScripts();
  });
}

test('the theme is chosen, kept after a reload, and follows the system where that was chosen', async ({ page, cellkeep }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await openPage(page, cellkeep, '/experiments');
  const isLight = () => page.evaluate(() => document.body.dataset.jpThemeLight);
  expect(await isLight()).toBe('true');
  await page.getByRole('button', { name: 'Theme' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Dark' }).click();
  expect(await isLight()).toBe('false');
  await page.reload();
  expect(await isLight()).toBe('false');
  await page.getByRole('button', { name: 'Theme' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'As the system' }).click();
  expect(await isLight()).toBe('true');
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(isLight).toBe('false');
});

test('a server that goes away is said to be away, and the page goes on by itself when it is back', async ({ page, newServer }) => {
  test.setTimeout(300_000);
  const first = await newServer();
  await makeRun(first, { experimentName: 'stays', name: 'kept', status: 'finished', metrics: { auc: [0.5] } });
  await page.goto(first.login);
  await page.getByRole('link', { name: 'stays' }).click();
  await expect(page.getByRole('link', { name: 'kept' })).toBeVisible();
  // The first rows come before the table's own answer.
  await expect(page.getByRole('grid', { name: 'Runs' })).toHaveAttribute('aria-busy', 'false');
  await first.kill();
  await expect(page.getByText(/Offline: what is shown is from/)).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole('link', { name: 'kept' })).toBeVisible();
  const again = await newServer({ home: first.home, port: first.port });
  await expect(page.getByRole('button', { name: 'Connection: live' })).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText(/Offline/)).toHaveCount(0);
  await makeRun(again, { experimentName: 'stays', name: 'after', status: 'finished' });
  // What is read again after the connection is back may hold it already; then nothing waits behind a pill.
  await expect(
    page
      .getByRole('button', { name: '1 new' })
      .or(page.getByRole('link', { name: 'after' }))
      .first(),
  ).toBeVisible();
});
