/** A run as MLflow's clients read it, written as JSON straight from what was read: a page of runs is thousands of keys and values. */
import type { RunModels } from '../registry/index.ts';
import type { LastPoints, LoggedInput, RunRecord } from '../tracking/index.ts';
import { statusWord } from './status.ts';
import { NOTE, PARENT, RUN_NAME } from './tagNames.ts';
import { headOf, numberText } from './writing.ts';

type Location = Pick<RunRecord, 'id' | 'experimentId' | 'artifactLocation'>;

export const artifactUriOf = ({ id, experimentId, artifactLocation }: Location) =>
  `${artifactLocation ?? `mlflow-artifacts:/${experimentId}`}/${id}/artifacts`;

const quoted = (text: string): string => JSON.stringify(text);

export function infoText(run: RunRecord): string {
  const { id, experimentId, name, user, status, startedAt, endedAt, deleted } = run;
  const end = endedAt === null ? '' : `,"end_time":${endedAt}`;
  const who = `"run_uuid":"${id}","experiment_id":"${experimentId}","run_name":${quoted(name)},"user_id":${quoted(user)}`;
  const when = `"status":"${statusWord(status)}","start_time":${startedAt}${end}`;
  return `{${who},${when},"artifact_uri":${quoted(artifactUriOf(run))},"lifecycle_stage":"${deleted ? 'deleted' : 'active'}","run_id":"${id}"}`;
}

export function runText(run: RunRecord, models: RunModels | undefined): string {
  const data = members(list('metrics', metricTexts(run.metrics)), list('params', textsOf(run.params)), list('tags', textsOf(tagsOf(run))));
  return `{"info":${infoText(run)},"data":${data},"inputs":${inputsText(run.inputs, models)},"outputs":${outputsText(models)}}`;
}

/** Lists that are empty are left out, as protobuf does it. */
const list = (name: string, items: string): string => (items === '' ? '' : `"${name}":[${items}]`);

function members(...named: string[]): string {
  let text = '';
  for (const one of named) if (one !== '') text += text === '' ? one : `,${one}`;
  return `{${text}}`;
}

function metricTexts(points: LastPoints | null): string {
  if (!points) return '';
  const { keys, values, steps, times } = points;
  let text = '';
  for (let i = 0; i < keys.length; i++) {
    const value = numberText(values[i] as number);
    text += `${i === 0 ? '' : ','}${headOf(keys[i] as string)}${value},"timestamp":${times[i]},"step":${steps[i]}}`;
  }
  return text;
}

function textsOf(texts: Record<string, string>): string {
  let text = '';
  for (const key of Object.keys(texts)) text += `${text === '' ? '' : ','}${headOf(key)}${quoted(texts[key] as string)}}`;
  return text;
}

/** What is a tag there and has a place of its own here comes back as one. */
function tagsOf({ name, notes, parentRunId, tags }: RunRecord): Record<string, string> {
  const own: Record<string, string> = { [RUN_NAME]: name };
  if (notes !== '') own[NOTE] = notes;
  if (parentRunId !== null) own[PARENT] = parentRunId;
  return { ...tags, ...own };
}

function inputsText(inputs: readonly LoggedInput[], models: RunModels | undefined): string {
  if (inputs.length === 0 && !models) return '{}';
  const datasets = inputs.map(({ tags, dataset: { name, digest, sourceType, source, schema, profile } }) => {
    const described = { name, digest, source_type: sourceType, source, schema: schema ?? undefined, profile: profile ?? undefined };
    return members(list('tags', textsOf(tags)), `"dataset":${JSON.stringify(described)}`);
  });
  const read = models?.inputs.map(({ modelId }) => `{"model_id":${quoted(modelId)}}`) ?? [];
  return members(list('dataset_inputs', datasets.join(',')), list('model_inputs', read.join(',')));
}

function outputsText(models: RunModels | undefined): string {
  const made = models?.outputs.map(({ modelId, step }) => `{"model_id":${quoted(modelId)},"step":${step}}`) ?? [];
  return members(list('model_outputs', made.join(',')));
}
