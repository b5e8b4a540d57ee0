/** Models with a bundle, for tests: their files hold no model, since nothing here asks one. */
import type { BundleInput } from '@cellkeep/schema/registry';
import type { TestServer } from '../testing/index.ts';

export const FLIGHTS: BundleInput = {
  ...{
    format: 1,
    runtime: 'onnx',
    framework: 'sklearn',
    frameworkVersion: '1.7.2',
    className: 'Pipeline(StandardScaler, LogisticRegression)',
  },
  ...{ task: 'classification', classes: ['late', 'on time'], sizeBytes: 0 },
  signature: {
    layout: 'columns',
    inputs: [
      { name: 'distance', type: 'double', min: 17, max: 4983 },
      { name: 'carrier', type: 'string', categories: ['AA', 'UA'] },
    ],
    outputs: [{ name: 'prediction', type: 'string', categories: ['late', 'on time'] }],
  },
  onnx: {
    file: 'model.onnx',
    feeds: [
      { input: 'numbers', type: 'float32', columns: ['distance'] },
      { input: 'words', type: 'string', columns: ['carrier'] },
    ],
    ...{ label: 'label', scores: 'probabilities' },
  },
  python: {
    ...{ file: 'model.pkl', format: 'cloudpickle', version: '3.12.1' },
    requirements: ['scikit-learn==1.7.2', 'pandas==2.3.3'],
  },
  export: {
    tried: [{ runtime: 'onnx', ok: true, reason: '' }],
    ...{ rows: { example: 5, random: 64 }, maxDifference: 2e-7, labelsDiffer: 0, tolerance: 1e-5, seconds: 1.2 },
  },
  metrics: { auc: 0.8123 },
  params: { C: '1.0' },
};

/** @param path below the folder of the logged model */
export async function storeFile(
  { url, token }: TestServer,
  modelId: string,
  path: string,
  body: string | Uint8Array = path,
): Promise<void> {
  const address = `${url}/api/2.0/mlflow-artifacts/artifacts/0/models/${modelId}/artifacts/${path}`;
  const answer = await fetch(address, { method: 'PUT', body: body as BodyInit, headers: { authorization: `Bearer ${token}` } });
  if (!answer.ok) throw new Error(`${address}: ${answer.status} ${await answer.text()}`);
}

/** A logged model of the first experiment, with the files and the bundle. @returns its id */
export async function modelWithBundle(server: TestServer, bundle: BundleInput = FLIGHTS, runId?: string): Promise<string> {
  const { id } = await server.client.registry.loggedModels.create({ experimentId: '0', ...(runId ? { runId } : {}) });
  const files = [bundle.onnx?.file, bundle.python?.file, bundle.example, bundle.baseline, bundle.background, bundle.script];
  for (const file of files) if (file) await storeFile(server, id, file);
  await server.client.registry.bundles.put({ id, bundle });
  return id;
}
