// Registered models: found, described, moved through their gate with the agreement of others, compared, deleted and restored.
import type { BundleInput } from '@cellkeep/schema/registry';
import { type Cellkeep, clientOf, expect, test } from './fixtures.ts';
import { named, somebody } from './people.ts';
import { expectNoSideScroll, makeRun, openPage, setTheme, watchForScripts } from './runs.ts';

const BUNDLE: BundleInput = {
  ...{
    format: 1,
    runtime: 'onnx',
    framework: 'sklearn',
    frameworkVersion: '1.7.2',
    className: 'Pipeline(StandardScaler, LogisticRegression)',
  },
  ...{ task: 'classification', classes: ['late', 'on time'], sizeBytes: 0, example: 'example.json' },
  signature: {
    layout: 'columns',
    inputs: [
      { name: 'distance', type: 'double', min: 17, max: 4983 },
      { name: 'carrier', type: 'string', categories: ['AA', 'UA'] },
    ],
    outputs: [{ name: 'prediction', type: 'string', categories: ['late', 'on time'] }],
  },
  onnx: { file: 'model.onnx', feeds: [{ input: 'x', type: 'string', columns: ['distance', 'carrier'] }], label: 'label', scores: null },
  export: {
    tried: [{ runtime: 'onnx', ok: true, reason: '' }],
    ...{ rows: { example: 2, random: 64 }, maxDifference: 2e-7, labelsDiffer: 0, tolerance: 1e-5, seconds: 1.2 },
  },
};

/** A model whose versions have a bundle. @param bundles what is special about each */
async function makeModel({ client, url, token }: Cellkeep, name: string, bundles: Partial<BundleInput>[], runId?: string) {
  await client.registry.models.create({ name });
  for (const part of bundles) {
    const { id } = await client.registry.loggedModels.create({ experimentId: '0', ...(runId ? { runId } : {}) });
    for (const [path, body] of [
      [part.runtime === 'python' ? 'model.pkl' : 'model.onnx', 'not asked here'],
      ['example.json', JSON.stringify({ columns: ['distance', 'carrier'], data: [[1400, 'UA']] })],
    ] as const) {
      const address = `${url}/api/2.0/mlflow-artifacts/artifacts/0/models/${id}/artifacts/${path}`;
      expect((await fetch(address, { method: 'PUT', body, headers: { authorization: `Bearer ${token}` } })).ok).toBe(true);
    }
    await client.registry.bundles.put({ id, bundle: { ...BUNDLE, ...part } });
    await client.registry.versions.create({ name, loggedModelId: id });
  }
}

test('a version moves to Production once another person agrees, and everybody sees it at once', async ({ page, browser, cellkeep }) => {
  const name = 'late flights of the gate';
  await makeModel(cellkeep, name, [{}, {}]);
  await openPage(page, cellkeep, '/models');
  await page.getByRole('searchbox', { name: 'Search models by name' }).fill('OF THE GATE');
  await page.getByRole('link', { name }).click();
  await page.getByRole('button', { name: 'Give v1 an alias' }).click();
  await page.getByRole('button', { name: 'champion', exact: true }).click();
  await page.getByRole('button', { name: 'Alias champion of v1' }).click();
  await page.getByRole('menuitem', { name: 'Move to v2' }).click();
  await expect(page.getByRole('button', { name: 'Alias champion of v2' })).toBeVisible();

  await page.getByRole('tab', { name: 'Gate' }).click();
  await page.getByRole('button', { name: 'Set up the gate' }).click();
  await page.getByLabel('Others who must agree').fill('1');
  await page.getByRole('button', { name: 'Save the gate' }).click();
  await expect(page.getByText('another person agrees')).toBeVisible();

  await page.getByRole('tab', { name: 'Versions' }).click();
  const stage = page.getByRole('combobox', { name: 'Stage of v2' });
  await stage.selectOption('Production');
  const refusal = page.getByRole('alert', { name: 'The gate says no' });
  await expect(refusal).toContainText('another person must agree');
  await expect(refusal.getByRole('button', { name: 'Override the gate' })).toBeDisabled();
  await refusal.getByRole('textbox').fill('for Monday');
  await refusal.getByRole('button', { name: 'Ask for approval' }).click();
  await expect(refusal).toBeHidden();

  const other = await somebody(browser, cellkeep, {
    name: named('Ada'),
    role: 'editor',
    path: `/models/${encodeURIComponent(name)}/approvals`,
  });
  await expect(other.page.getByText('for Monday')).toBeVisible();
  await other.page.getByRole('button', { name: 'Agree' }).click();
  await expect(other.page.getByText('approved', { exact: true })).toBeVisible();
  await other.context.close();
  await expect(stage).toHaveValue('Production');
});

test('an evaluation set is made of a file, and another person’s pickle is not asked its rows before that person is named', async ({
  page,
  cellkeep,
}) => {
  const name = 'pickled flights';
  const { user } = await cellkeep.client.access.users.create({ name: named('Bo <b>"B"</b>'), role: 'editor' });
  const { secret } = await cellkeep.client.access.tokens.create({ label: 'kernel', userId: user.id });
  const other = { ...cellkeep, token: secret, client: clientOf({ url: cellkeep.url, token: secret }) };
  const python = { file: 'model.pkl', format: 'cloudpickle' as const, version: '3.11.7', requirements: [] };
  await makeModel(other, name, [{ runtime: 'python', onnx: null, python }]);
  await openPage(page, cellkeep, `/models/${encodeURIComponent(name)}/sets`);
  await page.getByRole('button', { name: 'New evaluation set…' }).click();
  const form = page.getByRole('form', { name: 'New evaluation set' });
  const choose = (file: string, text: string) =>
    form.locator('input[type="file"]').setInputFiles({ name: file, mimeType: 'text/csv', buffer: Buffer.from(text) });
  await choose('broken.csv', 'distance,carrier\n1,AA,2\n');
  await expect(form.getByRole('alert')).toContainText('Row 1 has 3 values for 2 columns.');
  await choose('january.csv', 'distance,carrier,was\n100,AA,late\n200,UA,on time\n300,AA,\n');
  await expect(form.getByLabel('True answer')).toHaveValue('was');
  await expect(form.getByText('1 without a true answer are left out')).toBeVisible();
  await form.getByLabel('carrier').check();
  await form.getByRole('button', { name: 'Store the set' }).click();
  await expect(page.getByRole('row', { name: /january 2 was accuracy carrier = AA, carrier = UA/ })).toBeVisible();

  await page.getByRole('button', { name: 'Evaluate v1 on january' }).click();
  const question = page.getByRole('alert', { name: 'Whose code is it?' });
  await expect(question).toContainText(`${user.name} wrote this model`);
  await question.getByRole('button', { name: 'Do not run it' }).click();
  await expect(question).toHaveCount(0);
  expect((await cellkeep.client.registry.evaluations.list({ name })).evaluations).toEqual([]);
});

test('a version shows what it is; its card is edited, and an edit of somebody else is not overwritten', async ({ page, cellkeep }) => {
  const run = await makeRun(cellkeep, {
    experimentName: 'registry',
    name: 'calm-otter of the card',
    params: { C: '0.5' },
    status: 'finished',
  });
  const name = 'a model with a card';
  await makeModel(cellkeep, name, [{ origin: { runId: run.id, notebookPath: 'flights.ipynb', executionOrder: 14 } }], run.id);
  await openPage(page, cellkeep, `/models/${encodeURIComponent(name)}/versions/1`);
  const ethics = page.getByRole('region', { name: 'Ethics' });
  await expect(ethics).toContainText('made from what is known');
  await page.getByRole('button', { name: 'Edit Ethics' }).click();
  await ethics.getByRole('textbox').fill('Nobody is **hurt**.');
  await cellkeep.client.registry.cards.put({ name, version: 1, revision: 0, sections: [{ key: 'ethics', text: 'Some are.' }] });
  await expect(ethics.getByText('Some are.')).toBeVisible();
  await ethics.getByRole('button', { name: 'I have seen it: mine goes on' }).click();
  await ethics.getByRole('button', { name: 'Save' }).click();
  await expect(ethics.locator('strong')).toHaveText('hurt');

  await page.getByRole('tab', { name: 'Signature' }).click();
  await expect(page.getByRole('region', { name: 'Inputs' })).toContainText('17 … 4983');
  await expect(page.getByRole('region', { name: 'Example rows' })).toContainText('1400');
  await expect(page.getByRole('region', { name: 'Export' })).toContainText('2e-7');
  await page.getByRole('tab', { name: 'Files' }).click();
  await expect(page.getByRole('link', { name: 'model.onnx' })).toHaveAttribute('href', /artifact_file_path=model\.onnx/);
  await page.getByRole('tab', { name: 'Origin' }).click();
  await page.getByRole('link', { name: 'calm-otter of the card' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'calm-otter of the card' })).toBeVisible();
});

test('two versions are compared, one is deleted and restored, at 360 px and in the dark too', async ({ page, cellkeep }) => {
  const name = 'compared flights';
  await makeModel(cellkeep, name, [{ params: { C: '1.0' } }, { params: { C: '0.5' }, metrics: { auc: 0.83 } }]);
  await page.setViewportSize({ width: 360, height: 800 });
  await openPage(page, cellkeep, `/models/${encodeURIComponent(name)}`);
  await setTheme(page, 'dark');
  await page.getByRole('checkbox', { name: 'Compare v1' }).check();
  await page.getByRole('checkbox', { name: 'Compare v2' }).check();
  await expectNoSideScroll(page);
  await page.getByRole('button', { name: 'Compare', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Params' }).getByRole('row', { name: 'C 1.0 0.5' })).toBeVisible();
  await expect(page.getByText('No difference is known in: measurements, signature, packages, data.')).toBeVisible();
  await expectNoSideScroll(page);

  await page.getByRole('link', { name }).click();
  await page.getByRole('button', { name: 'Delete v2' }).click();
  await expect(page.getByRole('link', { name: 'v2' })).toBeHidden();
  await page.getByRole('button', { name: 'Deleted' }).click();
  await page.getByRole('button', { name: 'Restore v2' }).click();
  await expect(page.getByRole('combobox', { name: 'Stage of v2' })).toBeVisible();
});

test('hostile names and texts are shown, never run; a model that is not there says so', async ({ page, cellkeep }) => {
  const evil = `<img src=x onerror="window.pwned=1"> 100%25 ?a=1#b é`;
  const endsHarmless = await watchForScripts(page);
  await makeModel(cellkeep, evil, [
    { className: `</code><script>window.pwned=1</script>`, params: { [evil.slice(0, 40)]: '[x](javascript:window.pwned=1)' } },
  ]);
  await cellkeep.client.registry.models.update({ name: evil, description: `<script>window.pwned=1</script> [x](javascript:alert(1))` });
  await openPage(page, cellkeep, '/models');
  await page.getByRole('link', { name: evil }).click();
  await expect(page.getByRole('heading', { level: 1, name: evil })).toBeVisible();
  await page.getByRole('link', { name: 'v1', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Summary' })).toContainText('<script>window.pwned=1</script>');
  await page.reload();
  await expect(page.getByRole('region', { name: 'Training' })).toContainText('javascript:');
  await endsHarmless();
  await page.goto(`${cellkeep.url}/models/nobody/versions/3`);
  await expect(page.getByText('There is no version 3 of "nobody"')).toBeVisible();
});
