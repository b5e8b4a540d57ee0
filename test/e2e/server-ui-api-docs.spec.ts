// The page at /api/v1/docs: find an operation, read what it takes, try it as whoever is logged in.
import { expect, test } from './fixtures.ts';

/** Not by the UI's login page: this page must work without the built UI. */
async function logIn(page: import('@playwright/test').Page, { url, token }: { url: string; token: string }) {
  const answer = await page.request.post(`${url}/api/v1/session`, { data: { token } });
  expect(answer.status()).toBe(201);
}

test('somebody who is not logged in is sent to the login', async ({ page, cellkeep }) => {
  await page.goto(`${cellkeep.url}/api/v1/docs`);
  await expect(page.getByRole('link', { name: 'Log in' })).toHaveAttribute('href', '../../login');
});

test('an operation is found, read and tried, and a mistake is answered with its field', async ({ page, cellkeep }) => {
  const blocked: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy/.test(message.text())) blocked.push(message.text());
  });
  await logIn(page, cellkeep);
  await page.goto(`${cellkeep.url}/api/v1/docs`);
  await page.getByLabel('Find').fill('post tokens');
  const box = page.locator('details[id="access.tokens.create"]');
  await expect(page.locator('main > section > details:visible')).toHaveCount(1);
  await box.locator('> summary').press('Enter');
  await expect(box).toContainText('label: string');

  await box.getByRole('button', { name: 'Send' }).click();
  await expect(box.getByRole('status')).toHaveText(/^400 /);
  await expect(box.locator('pre').filter({ hasText: '"issues"' })).toContainText('"field": "label"');

  const label = '<img src=x onerror=alert(1)>';
  await box.getByRole('textbox', { name: 'Body' }).fill(JSON.stringify({ label }));
  await box.getByRole('button', { name: 'Send' }).click();
  await expect(box.getByRole('status')).toHaveText(/^201 /);
  await expect(box.locator('pre').filter({ hasText: '"secret"' })).toContainText(label);
  expect((await cellkeep.client.access.tokens.list()).tokens.map((token) => token.label)).toContain(label);
  expect(blocked).toEqual([]);
});

test('a stream of live changes is shown as it comes, until it is stopped', async ({ page, cellkeep }) => {
  await logIn(page, cellkeep);
  await page.goto(`${cellkeep.url}/api/v1/docs#tracking.watch`);
  const box = page.locator('details[id="tracking.watch"]');
  await box.getByRole('button', { name: 'Send' }).click();
  await expect(box.locator('pre').filter({ hasText: 'event: message' })).toBeVisible();
  await box.getByRole('button', { name: 'Stop' }).click();
  await expect(box.getByRole('status')).toContainText('stopped');
});
