// From the cell to the endpoint: a model is promoted where it was fitted, and answers over each protocol what the notebook itself says.
import { tableFromArrays, tableFromIPC, tableToIPC } from 'apache-arrow';
import { cellOf, expect, openNotebook, runCell, runCommand, ownPageTest as test, writeNotebook } from './jupyterlab.ts';

const FIT = `import numpy as np, pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

rng = np.random.default_rng(3)
flights = pd.DataFrame({"carrier": rng.choice(["AA", "DL", "UA"], 400), "distance": rng.integers(100, 3000, 400), "delay": rng.normal(10, 25, 400)})
late = np.where(flights.delay + (flights.carrier == "UA") * 12 + rng.normal(0, 6, 400) > 15, "late", "on time")
prepare = ColumnTransformer([("one hot", OneHotEncoder(), ["carrier"]), ("scaled", StandardScaler(), ["distance", "delay"])])
model = Pipeline([("prepare", prepare), ("forest", RandomForestClassifier(20, random_state=0))]).fit(flights, late)`;
const SAY = `import json
print(json.dumps({"rows": flights[:5].to_dict("records"), "labels": model.predict(flights[:5]).tolist(), "scores": model.predict_proba(flights[:5])[:, 0].tolist()}))`;

const TWICE = `import pandas as pd
class Twice:
    def predict(self, X):
        return [str(2 * x) for x in X.iloc[:, 0]]
twice = Twice()
rows = pd.DataFrame({"x": [1.0, 2.0, 3.0]})`;

interface Said {
  rows: { carrier: string; distance: number; delay: number }[];
  labels: string[];
  scores: number[];
}

test('a model is promoted at its cell, and answers over each protocol as the notebook does', async ({
  page,
  jupyter,
  tmpPath,
  cellkeep,
}) => {
  test.slow(); // a kernel that exports, a host that starts, a scorer that explains: each a process of its own
  const name = `late-flights-${Date.now().toString(36)}`;
  const path = writeNotebook(jupyter, tmpPath, `${name}.ipynb`, [
    { id: 'fit', source: FIT },
    { id: 'say', source: SAY },
  ]);
  await openNotebook(page, path);
  await runCell(page, 0);
  const promote = cellOf(page, 0).getByRole('button', { name: 'Promote model to an endpoint' });
  await expect(promote).toBeVisible({ timeout: 40_000 });
  await expect(cellOf(page, 0).locator('.ck-promote-what')).toContainText('Pipeline');
  await runCell(page, 1);
  const output = cellOf(page, 1).locator('.jp-OutputArea-output');
  await expect(output).toContainText('"scores"');
  const { rows, labels, scores } = JSON.parse((await output.textContent()) ?? '') as Said;

  await promote.click();
  const sidebar = page.locator('#cellkeep-deploy');
  const form = sidebar.getByRole('form', { name: 'Promote' });
  await expect(form.getByLabel('Endpoint')).toHaveValue(name);
  await form.getByRole('button', { name: 'Promote' }).click();
  const steps = sidebar.getByRole('list', { name: 'Steps of the promotion' }).getByRole('listitem');
  await expect(steps.last()).toHaveAttribute('data-status', 'done', { timeout: 60_000 });
  await expect(steps.nth(1)).toContainText('ONNX');
  const item = sidebar.getByRole('option', { name });
  await expect(item).toHaveAttribute('data-state', 'ready');

  const ask = async (at: string, body: BodyInit, type = 'application/json') => {
    const headers = { authorization: `Bearer ${cellkeep.token}`, 'content-type': type };
    const answer = await fetch(`${cellkeep.url}/endpoints/${name}${at}`, { method: 'POST', headers, body });
    expect(answer.status, at).toBe(200);
    return answer;
  };
  const close = (given: number[]) => {
    expect(given).toHaveLength(scores.length);
    for (const [i, score] of given.entries()) expect(score).toBeCloseTo(scores[i] ?? Number.NaN, 5);
  };
  const column = <Key extends keyof Said['rows'][0]>(key: Key) => rows.map((row) => row[key]);

  const plain = (await (await ask('/predict', JSON.stringify(rows))).json()) as {
    predictions: string[];
    classes: string[];
    scores: number[][];
  };
  expect(plain.predictions).toEqual(labels);
  expect(plain.classes).toEqual(['late', 'on time']);
  close(plain.scores.map(([first]) => first ?? Number.NaN));
  const split = { columns: Object.keys(rows[0] ?? {}), data: rows.map((row) => Object.values(row)) };
  const mlflow = (await (await ask('/invocations', JSON.stringify({ dataframe_split: split }))).json()) as { predictions: string[] };
  expect(mlflow.predictions).toEqual(labels);
  const tensor = (key: keyof Said['rows'][0], datatype: string) => ({ name: key, datatype, shape: [rows.length], data: column(key) });
  const inputs = [tensor('carrier', 'BYTES'), tensor('distance', 'INT64'), tensor('delay', 'FP64')];
  const infer = await ask(`/v2/models/${name}/infer`, JSON.stringify({ inputs }));
  expect(((await infer.json()) as { outputs: { data: unknown[] }[] }).outputs[0]?.data).toEqual(labels);
  const table = tableFromArrays({
    carrier: column('carrier'),
    distance: Float64Array.from(column('distance')),
    delay: Float64Array.from(column('delay')),
  });
  const arrow = await ask('/predict', Buffer.from(tableToIPC(table, 'stream')), 'application/vnd.apache.arrow.stream');
  const answered = tableFromIPC(new Uint8Array(await arrow.arrayBuffer()));
  expect([...(answered.getChildAt(0) ?? [])]).toEqual(labels);
  close([...(answered.getChild('score:late') ?? [])]);

  // The page itself asks through Jupyter's port and holds no token.
  await sidebar.getByRole('button', { name: 'Try it', exact: true }).click();
  const tryIt = page.locator('.lm-DockPanel').getByRole('form', { name: 'Try it' });
  await expect(tryIt.getByLabel('carrier')).not.toHaveValue('');
  await tryIt.getByLabel('carrier').fill(rows[0]?.carrier ?? '');
  await tryIt.getByLabel('distance').fill(String(rows[0]?.distance));
  await tryIt.getByLabel('delay').fill(String(rows[0]?.delay));
  await tryIt.getByRole('button', { name: 'Ask' }).click();
  await expect(tryIt.getByRole('table', { name: 'Answer' }).getByRole('row').last()).toContainText(labels[0] ?? '');
  await tryIt.getByRole('link', { name: /Why\?/ }).click();
  await page.getByRole('button', { name: 'Explain this answer' }).click();
  await expect(
    page
      .getByRole('table', { name: /^Contributions in / })
      .getByRole('row')
      .first(),
  ).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole('region', { name: 'What made it' })).toContainText(`${name}.ipynb`);
  await page.getByRole('button', { name: 'Open the notebook that made this' }).click();
  await expect(
    page
      .locator('.lm-TabBar-tabLabel')
      .filter({ hasText: new RegExp(name) })
      .nth(1),
  ).toBeVisible();
});

test('a notebook without a model gets the one cell that makes an endpoint; what has no ONNX form goes on in Python until it is cancelled; a model that is gone has no Promote any more', async ({
  page,
  jupyter,
  tmpPath,
}) => {
  const path = writeNotebook(jupyter, tmpPath, 'nothing yet.ipynb', [
    { id: 'gone', source: TWICE },
    { id: 'end', source: 'del twice' },
  ]);
  await openNotebook(page, path);
  await runCommand(page, 'cellkeep:deployment-open-sidebar');
  const sidebar = page.locator('#cellkeep-deploy');
  await expect(sidebar.getByText('No endpoints yet')).toBeVisible();
  await expect(sidebar.getByRole('button', { name: 'Insert into notebook' })).toBeVisible();
  await runCell(page, 0);
  const promote = cellOf(page, 0).getByRole('button', { name: 'Promote twice to an endpoint' });
  await expect(promote).toBeVisible({ timeout: 40_000 });
  await promote.click();
  const form = sidebar.getByRole('form', { name: 'Promote' });
  await form.getByLabel('Endpoint').fill('Not A Name');
  await expect(form.getByText('Lower-case letters, digits and "-"')).toBeVisible();
  await expect(form.getByRole('button', { name: 'Promote' })).toBeDisabled();
  await form.getByLabel('Endpoint').fill(`twice-${Date.now().toString(36)}`);
  await form.getByText('How it is released and run').click();
  await form.getByLabel('ONNX only').check();
  await form.getByRole('button', { name: 'Promote' }).click();
  const steps = sidebar.getByRole('list', { name: 'Steps of the promotion' });
  await expect(steps.locator('[data-step="export"]')).toContainText('no ONNX form', { timeout: 60_000 });
  await sidebar.getByRole('button', { name: 'Use Python worker instead' }).click();
  await expect(steps).toHaveCount(1); // what failed makes room for the next try
  await sidebar.getByRole('button', { name: 'Cancel' }).click();
  await expect(sidebar.getByRole('region', { name: /^Promotion of/ })).toHaveAttribute('data-status', 'cancelled', { timeout: 60_000 });
  await runCell(page, 1);
  await expect(promote).toHaveCount(0);
  await expect(sidebar.getByRole('region', { name: 'Models of this notebook' })).toHaveCount(0);
});
