// Endpoints in the server UI: a model is promoted there, its endpoint is asked, its requests are looked into, its traffic is moved.
import { askRows, rowsOf, serveModel, storeModel } from './endpoints.ts';
import { expect, test } from './fixtures.ts';
import { named, somebody } from './people.ts';
import { expectNoSideScroll, makeRun, openPage, watchForScripts } from './runs.ts';

const name = (what: string) => `${what}-${Date.now().toString(36)}`;
const asRecords = ({ columns, data }: { columns: string[]; data: unknown[][] }) =>
  data.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]])));

test('a model of a run is promoted on its page, and the try-it form gives the model’s own answer at the promotion’s end', async ({
  page,
  cellkeep,
}) => {
  const endpoint = name('promoted');
  const run = await makeRun(cellkeep, { experimentName: 'promoted in the server UI', name: 'carriers', status: 'finished' });
  await storeModel(cellkeep, 'carriers', run.id);
  await openPage(page, cellkeep, `/runs/${run.id}`);
  await page.getByRole('button', { name: 'Promote…' }).click();
  const form = page.getByRole('form', { name: 'Promote' });
  await form.getByLabel('Model').fill('Late: flights');
  await expect(form.getByText('A name holds no "/", no ":"')).toBeVisible();
  await expect(form.getByRole('button', { name: 'Promote' })).toBeDisabled();
  await form.getByLabel('Model').fill(endpoint);
  await expect(form.getByLabel('Endpoint')).toHaveValue(endpoint);
  await form.getByRole('button', { name: 'Promote' }).click();

  const steps = page.getByRole('list', { name: 'Steps of the promotion' }).getByRole('listitem');
  await expect(steps).toHaveCount(5);
  await expect(steps.last()).toContainText('done', { timeout: 30_000 });
  const tryIt = page.getByRole('form', { name: 'Try it' });
  await expect(tryIt.getByLabel('distance')).toHaveValue('1797');
  await tryIt.getByLabel('carrier').fill('UA');
  await tryIt.getByLabel('delay').fill('35.9557191368');
  await tryIt.getByLabel('distance').fill('far');
  await tryIt.getByRole('button', { name: 'Ask' }).click();
  await expect(tryIt.getByText('"far" is no number.')).toBeVisible();
  await tryIt.getByLabel('distance').fill('2700');
  await tryIt.getByRole('button', { name: 'Ask' }).click();
  // test/fixtures/models/carriers/answers.json: the second row.
  await expect(tryIt.getByRole('region', { name: 'Answer' })).toContainText('late');
  await expect(tryIt.getByRole('table', { name: 'Answer' }).getByRole('row').last()).toContainText('1.000');
  await page.getByRole('link', { name: `Open ${endpoint}` }).click();
  await expect(page).toHaveURL(new RegExp(`/deployment/${endpoint}$`));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(endpoint);
});

test('what the endpoint refuses stands at its field; pasted rows are answered together; an answer leads to what made it', async ({
  page,
  cellkeep,
}) => {
  const endpoint = name('asked');
  await serveModel(cellkeep, endpoint, 'carriers');
  const expectNoScripts = await watchForScripts(page);
  await cellkeep.client.deployment.endpoints.update({
    name: endpoint,
    description: '<img src=x onerror="window.pwned = true"> **late** flights',
    settings: { strict: true },
  });
  await openPage(page, cellkeep, `/deployment/${endpoint}/try`);
  const tryIt = page.getByRole('form', { name: 'Try it' });
  await tryIt.getByLabel('carrier').fill('<b>XX</b>');
  await tryIt.getByRole('button', { name: 'Ask' }).click();
  await expect(tryIt.getByText('Refused with 400')).toBeVisible();
  await expect(tryIt.getByLabel('carrier')).toHaveAttribute('aria-invalid', 'true');
  await expect(tryIt.getByLabel('distance')).toHaveAttribute('aria-invalid', 'false');

  await tryIt.getByRole('button', { name: 'Rows', exact: true }).click();
  await tryIt.getByLabel('Rows as JSON or CSV').fill('carrier,distance,delay\nUA,2700,35.9557191368\nAA,1791,-2.1878212716\n');
  await tryIt.getByRole('button', { name: 'Ask' }).click();
  const answers = tryIt.getByRole('table', { name: 'Answer' }).getByRole('row');
  await expect(answers.nth(1)).toContainText('late');
  await expect(answers.nth(2)).toContainText('on time');

  await tryIt.getByRole('link', { name: /Why\?/ }).click();
  await expect(page).toHaveURL(/\/predictions\/[0-9a-f]{32}$/);
  const id = page.url().slice(-32);
  await expect(page.getByRole('table', { name: 'Asked' }).getByRole('row').nth(2)).toContainText('1791');
  await expect(page.getByRole('region', { name: 'What made it' })).toContainText(`${endpoint} v1`);
  await page.getByRole('button', { name: 'Replay' }).click();
  await expect(page.getByText('The same version gives the same answer.')).toBeVisible({ timeout: 30_000 });
  await page.getByRole('button', { name: 'Right' }).click();
  await expect(page.getByRole('region', { name: 'What came of it' }).getByRole('listitem')).toContainText('1');

  await page.goto(`${cellkeep.url}/deployment`);
  await page.getByLabel('Find a prediction by its id').fill(`x-cellkeep-prediction-id: ${id}`);
  await page.getByRole('button', { name: 'Open the prediction' }).click();
  await expect(page).toHaveURL(new RegExp(`/predictions/${id}$`));
  await page.goto(`${cellkeep.url}/predictions/${'0'.repeat(32)}`);
  await expect(page.getByText('Nothing is known of this request')).toBeVisible();
  await page.goto(`${cellkeep.url}/deployment/${endpoint}`);
  await expect(page.getByText('flights', { exact: false }).first()).toBeVisible();
  await expectNoScripts();
});

test('a canary is released, given more by hand and rolled back; drift and requests follow; a narrow page holds all of it', async ({
  page,
  browser,
  cellkeep,
}) => {
  const endpoint = name('moved');
  await serveModel(cellkeep, endpoint, 'carriers', 2);
  await openPage(page, cellkeep, `/deployment/${endpoint}`);
  await page.getByRole('button', { name: 'New release…' }).click();
  const form = page.getByRole('dialog', { name: 'New release' });
  await expect(form.getByLabel('Version')).toContainText('v2');
  await form.getByRole('textbox', { name: 'Steps' }).fill('10, 100');
  await form.getByRole('button', { name: 'Release' }).click();
  await expect(page.getByRole('region', { name: 'Canary v2' })).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole('list', { name: 'Steps of the canary' }).getByRole('listitem').first()).toHaveAttribute(
    'aria-current',
    'step',
  );

  await page.getByRole('button', { name: 'Roll back' }).click();
  await page.getByRole('button', { name: /Back to v1/ }).click();
  await expect(page.getByRole('region', { name: 'Canary v2' })).toContainText('rolled back');

  await page.getByRole('button', { name: 'New release…' }).click();
  await form.getByRole('radio', { name: /^Beside/ }).check();
  await form.getByRole('button', { name: 'Release' }).click();
  const split = page.getByRole('region', { name: 'Traffic split' });
  await split.getByLabel('Share of v2').fill('60', { timeout: 30_000 });
  await expect(split.getByLabel('Share of v1')).toHaveValue('40');
  await split.getByRole('button', { name: 'Apply' }).click();
  const shares = async () => {
    const { releases } = await cellkeep.client.deployment.endpoints.get({ name: endpoint });
    return releases.filter(({ role }) => role === 'live').map(({ weight }) => weight);
  };
  await expect.poll(shares).toEqual([0.6, 0.4]);
  await expect(page.getByRole('region', { name: 'Releases' }).getByRole('listitem').first()).toContainText('60 %');
  await askRows(cellkeep, endpoint, asRecords(rowsOf('carriers')), 12);

  await page.getByRole('tab', { name: 'Drift' }).click();
  await expect(page.getByRole('img', { name: /^carrier: / })).toBeVisible();
  await page.getByRole('tab', { name: 'Requests' }).click();
  await expect(page.getByRole('table', { name: 'Requests' }).getByRole('row')).toHaveCount(13);
  await page.getByRole('table', { name: 'Requests' }).getByRole('row').nth(1).click();
  await expect(page.getByRole('complementary', { name: /^Request / })).toContainText('Answered');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('complementary', { name: /^Request / })).toHaveCount(0);
  await page.getByRole('tab', { name: 'Use' }).click();
  await page.getByLabel('What the token is for').fill('web shop');
  await page.getByRole('button', { name: 'Make a token' }).click();
  const secret = await page.locator('.ck-secret code').textContent();
  const answer = await fetch(`${cellkeep.url}/endpoints/${endpoint}/predict`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify(asRecords(rowsOf('carriers'))),
  });
  expect(answer.status).toBe(200);
  const own = await page.context().newPage(); // the endpoint's own page, asked by whoever is logged in here
  await own.goto(`${cellkeep.url}/endpoints/${endpoint}/`);
  await own.getByRole('button', { name: 'Predict' }).click();
  await expect(own.getByRole('status')).toHaveText(/^200, /);
  await own.close();

  // carrier, distance, delay as a person has them in a file; the second row does not fit.
  const rows = 'carrier,distance,delay\nUA,2700,35.9\nUA,far,1\n';
  await page.getByLabel(/Score a file with/).setInputFiles({ name: '<b>rows.csv', mimeType: 'text/csv', buffer: Buffer.from(rows) });
  const scored = page.getByRole('listitem').filter({ hasText: '<b>rows.csv' });
  await expect(scored).toContainText('2 / 2 rows', { timeout: 60_000 });
  await expect(scored).toContainText('1 do not fit');
  const answers = await page.request.get((await scored.getByRole('link', { name: 'answers' }).getAttribute('href')) ?? '');
  expect((await answers.body()).subarray(0, 4).toString()).toBe('PAR1');
  await page.getByRole('button', { name: 'Ray Serve' }).click();
  await page.getByLabel('Address of the cluster’s dashboard').fill('http://127.0.0.1:9');
  await page.getByRole('button', { name: /^Run .* there$/ }).click();
  await expect(page.getByRole('alert')).toContainText('http://127.0.0.1:9 does not answer');

  const viewer = await somebody(browser, cellkeep, { name: named('Vera'), role: 'viewer', path: `/deployment/${endpoint}/settings` });
  await expect(viewer.page.getByText('ask an owner of this workspace for the role editor')).toBeVisible();
  await expect(viewer.page.getByLabel('Replicas')).toBeDisabled();
  await viewer.page.getByRole('tab', { name: 'Overview' }).click();
  await expect(viewer.page.getByRole('region', { name: 'Releases' })).toBeVisible();
  await expect(viewer.page.getByRole('button', { name: /^(Stop|New release…|Roll back|Apply)$/ })).toHaveCount(0);
  await viewer.context.close();

  await page.setViewportSize({ width: 360, height: 800 });
  for (const tab of ['Overview', 'Try it', 'Requests', 'Drift', 'Use', 'Hosts', 'Settings']) {
    await page.getByRole('tab', { name: tab }).click();
    await expectNoSideScroll(page);
  }
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByRole('button', { name: 'Stop answering' }).click();
  await expect(page.locator('.ck-run-state')).toContainText('stopped');
  await page.getByRole('button', { name: 'Delete the endpoint' }).click();
  await page.getByRole('button', { name: `Delete ${endpoint} for good` }).click();
  await expect(page).toHaveURL(/\/deployment$/);
  await expect(page.getByRole('link', { name: endpoint })).toHaveCount(0);
});

test('a search without a match and a name that nobody has say so, and lead on', async ({ page, cellkeep }) => {
  await openPage(page, cellkeep, '/deployment');
  await page.getByLabel('Search endpoints by name').fill('nobody-has-this');
  await expect(page.getByText('No endpoint has "nobody-has-this" in its name.')).toBeVisible();
  await page.getByRole('button', { name: 'Clear the search' }).click();
  await expect(page.getByText('in its name')).toHaveCount(0);
  await openPage(page, cellkeep, '/deployment/nobody-has-this');
  await expect(page.getByText('There is no such endpoint')).toBeVisible();
});
