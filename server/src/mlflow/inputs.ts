/** What a run read and made: datasets, logged models, and the older record of models that a tag holds. */
import { limits } from '@cellkeep/schema/wire';
import { addRunModels } from '../registry/index.ts';
import { changeLockedRun, inOneChange, logInputs } from '../tracking/index.ts';
import { type Call, call, LONG_BODY } from './call.ts';
import { invalidParameter } from './errors.ts';
import { activeRun, inWordsOf, mustBeActive, runIdOf } from './findRun.ts';
import { parseJson } from './json.ts';
import { int64, list, type Message, message, required, string } from './message.ts';
import { LOGGED_MODELS } from './tagNames.ts';

const entry = message({ key: string, value: string });
const dataset = message({ name: string, digest: string, source_type: string, source: string, schema: string, profile: string });
const datasetFields = { tags: list(entry), dataset };

/** characters */
const LONGEST = { name: 500, digest: 36, source: 65_535, schema: 1_048_575, profile: 16_777_215 } as const;
const LONGEST_TAG = { key: 255, value: 500 } as const;
const MOST_DATASETS = 1_000;

const logDatasets = call({
  method: 'POST',
  path: 'mlflow/runs/log-inputs',
  mostBytes: limits.jsonBody,
  message: { run_id: required(string), datasets: list(message(datasetFields)), models: list(message({ model_id: string })) },
  async answer(context, { run_id, datasets, models }) {
    if (datasets.length > MOST_DATASETS) throw invalidParameter(`A request can contain at most ${MOST_DATASETS} datasets.`);
    const inputs = datasets.map(inputOf);
    const id = runIdOf({ run_id });
    const place = await activeRun(context, id);
    await inOneChange(context, (tx, effects) => logInputs(tx, context, { ...place, id }, inputs, effects));
    if (models.length > 0) await addRunModels(context, id, { inputs: models.map(({ model_id = '' }) => ({ modelId: model_id })) });
    return {};
  },
});

function inputOf({ dataset, tags }: Message<typeof datasetFields>) {
  if (!dataset) throw invalidParameter('Dataset input must have a dataset associated with it.');
  const { name = '', digest = '', source_type = '', source = '', schema, profile } = dataset;
  for (const [field, most] of Object.entries(LONGEST)) checkLength(field, dataset[field as keyof typeof LONGEST], most);
  for (const { key, value } of tags) {
    checkLength('key', key, LONGEST_TAG.key);
    checkLength('value', value, LONGEST_TAG.value);
  }
  return {
    dataset: { name, digest, sourceType: source_type, source, schema: schema ?? null, profile: profile ?? null },
    tags: Object.fromEntries(tags.map(({ key = '', value = '' }) => [key, value])),
  };
}

function checkLength(field: string, text: string | undefined, most: number): void {
  if (text !== undefined && text.length > most) throw invalidParameter(`'${field}' exceeds the maximum length of ${most} characters`);
}

const logOutputs = call({
  method: 'POST',
  path: 'mlflow/runs/outputs',
  mostBytes: LONG_BODY,
  message: { run_id: required(string), models: required(list(message({ model_id: string, step: int64 }))) },
  async answer(context, { run_id, models }) {
    const id = runIdOf({ run_id });
    await activeRun(context, id);
    await addRunModels(context, id, { outputs: models.map(({ model_id = '', step = 0 }) => ({ modelId: model_id, step })) });
    return {};
  },
});

const MODEL_FIELDS = ['artifact_path', 'flavors', 'utc_time_created', 'run_id'];
/** Of those, what the tag keeps: the rest lies with the model's files. */
const KEPT = ['run_id', 'artifact_path', 'utc_time_created', 'model_uuid'];
const LONGEST_HISTORY = 65_536;

const logModel = call({
  method: 'POST',
  path: 'mlflow/runs/log-model',
  mostBytes: LONG_BODY,
  message: { run_id: required(string), model_json: required(string) },
  async answer(context, { run_id, model_json }) {
    const model = modelOf(model_json);
    const id = runIdOf({ run_id });
    const { caller, now } = context;
    await inOneChange(context, (tx, effects) =>
      changeLockedRun(tx, caller, id, (run) => historyWith(id, run, model), { now: now(), effects }),
    ).catch(inWordsOf(id));
    return {};
  },
});

function modelOf(text: string): Record<string, unknown> {
  const malformed = () => invalidParameter(`Malformed model info. \n ${text.slice(0, 1_000)} \n is not a valid JSON.`);
  let model: unknown;
  try {
    model = parseJson(text);
  } catch {
    throw malformed();
  }
  if (typeof model !== 'object' || model === null || Array.isArray(model)) throw malformed();
  const missing = MODEL_FIELDS.filter((field) => !Object.hasOwn(model, field));
  if (missing.length === 0) return model as Record<string, unknown>;
  throw invalidParameter(`Model json is missing mandatory fields: {${missing.map((field) => `'${field}'`).join(', ')}}`);
}

function historyWith(id: string, run: { deleted: boolean; tags: Record<string, string> }, model: Record<string, unknown>) {
  if (run.deleted) throw mustBeActive('run', id);
  const kept = Object.fromEntries(KEPT.filter((field) => Object.hasOwn(model, field)).map((field) => [field, model[field]]));
  let before: unknown = [];
  try {
    before = JSON.parse(run.tags[LOGGED_MODELS] ?? '[]');
  } catch {
    // somebody set the tag to something else: it begins anew
  }
  const history = JSON.stringify([...(Array.isArray(before) ? before : []), { ...kept, flavors: flavorsOf(model.flavors) }]);
  if (history.length > LONGEST_HISTORY) {
    throw invalidParameter(`'value' exceeds the maximum length of ${LONGEST_HISTORY} characters`);
  }
  return { setTags: { [LOGGED_MODELS]: history } };
}

/** Without their settings, which may be long. */
function flavorsOf(flavors: unknown): unknown {
  if (typeof flavors !== 'object' || flavors === null || Array.isArray(flavors)) return flavors;
  const without = ([name, settings]: [string, unknown]): [string, unknown] => {
    if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) return [name, settings];
    const { config: _, ...rest } = settings as Record<string, unknown>;
    return [name, rest];
  };
  return Object.fromEntries(Object.entries(flavors).map(without));
}

export const inputCalls: Call[] = [logDatasets, logOutputs, logModel];
