/** Asks the models of test/fixtures/models in the test's own process, in place of the scorer's child. */
import { explainRow, loadExplainMaterial } from './explain/index.ts';
import { jsonRows } from './explain/jsonRows.ts';
import { loadOnnx } from './host/onnxRuntime.ts';
import type { Scorer, WithScorer } from './scorer/scorer.ts';
import { bundleOfModel, folderOfModel, type ModelName } from './testModels.ts';

/** @param models by the id of their logged model */
export function testScorer(models: ReadonlyMap<string, ModelName>): WithScorer {
  return async (loggedModelId, use) => {
    const name = models.get(loggedModelId);
    if (!name) throw new Error(`no test has stored ${loggedModelId}`);
    const [bundle, folder] = [{ ...bundleOfModel(name), background: 'example.json' }, folderOfModel(name)];
    const model = await loadOnnx(bundle, folder);
    const { signature, classes } = bundle;
    const scorer: Scorer = {
      async predict({ columns, data }) {
        const { columns: answers, scores } = await model.predict(jsonRows(signature, columns, data));
        const names = scores ? (classes ?? []).map((one) => `score:${one}`) : [];
        return {
          columns: [...signature.outputs.map((output) => output.name), ...names],
          data: data.map((_, row) => [...answers.map((values) => values[row]), ...names.map((_, k) => scores?.[row * names.length + k])]),
          latencyUs: 100,
        };
      },
      async explain({ columns, data }, row, output) {
        return explainRow(model, await loadExplainMaterial(bundle, folder), jsonRows(signature, columns, data), row, { output });
      },
    };
    return use(scorer).finally(() => model.close());
  };
}
