// What a run read and which models came of it, on its page: logged by MLflow's client, registered by whoever likes.
import { expect, test } from './fixtures.ts';
import { expectNoSideScroll, makeRun, openPage, watchForScripts } from './runs.ts';

const HOSTILE = '<img src=x onerror="window.pwned = true">';

test('the overview names what the run read and the models that it made, and a registration appears by itself', async ({
  page,
  cellkeep,
}) => {
  const expectNoScripts = await watchForScripts(page);
  const run = await makeRun(cellkeep, { experimentName: test.info().title.slice(0, 200), name: 'reads and makes', status: 'finished' });
  const mlflow = async (path: string, body: object) => {
    const response = await fetch(`${cellkeep.url}/api/2.0/mlflow/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${cellkeep.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(200);
    return (await response.json()) as { model: { info: { model_id: string } } };
  };
  const made = await mlflow('logged-models', { experiment_id: run.experimentId, name: 'forest', source_run_id: run.id });
  const id = made.model.info.model_id;
  const dataset = (name: string, source: string) => ({
    dataset: { name, digest: '5a5c68bf00', source_type: 'http', source, schema: '{}', profile: '{}' },
    tags: [{ key: 'mlflow.data.context', value: 'training' }],
  });
  const datasets = [dataset('flights', '{"uri": "https://data/flights.csv"}'), dataset(HOSTILE, HOSTILE)];
  await mlflow('runs/log-inputs', { run_id: run.id, datasets });

  await openPage(page, cellkeep, `/runs/${run.id}`);
  const section = page.getByRole('region', { name: 'Inputs and models' });
  const read = section.getByRole('list', { name: 'Read', exact: true }).getByRole('listitem');
  await expect(read.nth(0)).toContainText('flights');
  await expect(read.nth(0)).toContainText('training');
  await expect(read.nth(0)).toContainText('http: https://data/flights.csv');
  await expect(read.nth(1)).toContainText(HOSTILE);
  const model = section.getByRole('list', { name: 'Models made' }).getByRole('listitem');
  await expect(model).toContainText('forest');
  await expect(model).toContainText('pending');

  await mlflow('registered-models/create', { name: `late flights ${run.id}` });
  await mlflow('model-versions/create', { name: `late flights ${run.id}`, source: `models:/${id}`, model_id: id });
  await mlflow('registered-models/alias', { name: `late flights ${run.id}`, alias: 'champion', version: '1' });
  await mlflow('runs/outputs', { run_id: run.id, models: [{ model_id: id, step: 7 }] });
  await expect(model).toContainText(`late flights ${run.id}@1`);
  await expect(model).toContainText('champion');
  await expect(model).toContainText('step 7');

  await page.setViewportSize({ width: 360, height: 800 });
  await expectNoSideScroll(page);
  await expectNoScripts();
});

test('a run that read and made nothing has no such section', async ({ page, cellkeep }) => {
  const run = await makeRun(cellkeep, { experimentName: test.info().title, name: 'plain', metrics: { auc: [0.5] }, status: 'finished' });
  await openPage(page, cellkeep, `/runs/${run.id}`);
  await expect(page.getByRole('region', { name: 'Results' })).toContainText('auc');
  await expect(page.getByRole('region', { name: 'Inputs and models' })).toHaveCount(0);
});
