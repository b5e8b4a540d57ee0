/**
 * Plain JSON rows, at `/` and `/predict`. One object is one row:
 *
 *     {"carrier":"UA","distance":719}  →  {"predictionId":"…","prediction":"late","scores":{"late":0.8,"on time":0.2}}
 *
 * A list of objects, or {columns, data}, is many:
 *
 *     [{…},{…}]  →  {"predictionId":"…","predictions":["late","late"],"classes":["late","on time"],"scores":[[0.8,0.2],[0.6,0.4]]}
 *
 * With `?explain=true` there is an `explanation` of the row beside them, or `explanations` of all (`&output=late`: of that class or output).
 * Where a model has no probabilities there are no `scores`; where it has several outputs, a prediction is an object with each by its name.
 */
import { explainingOf } from '../explaining.ts';
import type { Reply } from '../http/reply.ts';
import { badRequest, Refusal } from '../refusal.ts';
import { jsonOfBody } from '../rows/json.ts';
import { isObject, type Json, ofJson, tableOfRecords, tableOfSplit } from '../rows/tables.ts';
import type { ServedRelease } from '../served.ts';
import { type Answered, mediaTypeOf, type Protocol, type Question } from './protocol.ts';
import { numberText, rowText } from './values.ts';

const JSON_TYPES = new Set(['application/json', '', 'text/json']);
const isJson = (type: string) => JSON_TYPES.has(type) || type.endsWith('+json');

export const rowsProtocol: Protocol = {
  name: 'rows',
  shape: 'common',
  read(head, body, release) {
    const type = mediaTypeOf(head);
    if (!isJson(type)) throw wrongType(type, ['application/json', 'application/vnd.apache.arrow.stream']);
    return { ...questionOf(jsonOfBody(body), release), explain: explainingOf(head.query) };
  },
};

export function wrongType(type: string, wanted: readonly string[]): Refusal {
  const reason = `${JSON.stringify(type)} is a kind of body that this address does not take`;
  return new Refusal('UNSUPPORTED_MEDIA_TYPE', { field: 'content-type', reason, remedy: `send ${wanted.join(' or ')}` });
}

function questionOf(json: Json, { readers, signature }: ServedRelease): Question {
  if (Array.isArray(json)) return { table: ofJson(tableOfRecords(json, readers, 'rows')), reply: many };
  if (!isObject(json)) throw badRequest('', 'the body must be a row (an object), a list of rows, or {columns, data}');
  const isSplit = Array.isArray(json.data) && Object.keys(json).every((key) => key === 'columns' || key === 'data');
  if (isSplit && !signature.inputs.some(({ name, shape }) => name === 'data' && shape !== null))
    return { table: ofJson(tableOfSplit(json.columns, json.data, readers, { names: 'columns', data: 'data' })), reply: many };
  return { table: ofJson(tableOfRecords([json], readers, '', true)), reply: one };
}

const json = (body: string): Reply => ({ status: 200, contentType: 'application/json', body });

function one(answered: Answered): Reply {
  const {
    release: { classes },
    answers: { scores },
    from,
    predictionId,
  } = answered;
  let body = `{"predictionId":"${predictionId}","prediction":${rowText(answered, 0)}`;
  if (scores && classes) {
    const width = classes.length;
    for (let k = 0; k < width; k++)
      body += `${k === 0 ? ',"scores":{' : ','}${keyOf(classes, k)}:${numberText(scores[from * width + k] as number)}`;
    body += '}';
  }
  const [explanation] = answered.explanations ?? [];
  return json(explanation ? `${body},"explanation":${JSON.stringify(explanation)}}` : `${body}}`);
}

/** The classes of a release as JSON, written once. */
const keys = new WeakMap<readonly string[], string[]>();

function keyOf(classes: readonly string[], at: number): string {
  let texts = keys.get(classes);
  if (!texts) {
    texts = classes.map((name) => JSON.stringify(name));
    keys.set(classes, texts);
  }
  return texts[at] as string;
}

function many(answered: Answered): Reply {
  const {
    release: { classes },
    answers: { scores },
    from,
    count,
    predictionId,
  } = answered;
  const parts = [`{"predictionId":"${predictionId}","predictions":[`];
  for (let row = 0; row < count; row++) parts.push(row === 0 ? '' : ',', rowText(answered, row));
  parts.push(']');
  if (scores && classes) {
    const width = classes.length;
    parts.push(`,"classes":${JSON.stringify(classes)},"scores":[`);
    for (let row = 0; row < count; row++) {
      parts.push(row === 0 ? '[' : ',[');
      for (let k = 0; k < width; k++) parts.push(k === 0 ? '' : ',', numberText(scores[(from + row) * width + k] as number));
      parts.push(']');
    }
    parts.push(']');
  }
  if (answered.explanations) parts.push(`,"explanations":${JSON.stringify(answered.explanations)}`);
  parts.push('}');
  return json(parts.join(''));
}
