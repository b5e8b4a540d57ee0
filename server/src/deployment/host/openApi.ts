/** The endpoint's own OpenAPI 3.1 document, made from the signature of the release that most requests get. */
import { type EndpointSettings, explanation } from '@cellkeep/schema/deployment';
import type { Column, Signature } from '@cellkeep/schema/registry';
import { issue } from '@cellkeep/schema/wire';
import { z } from 'zod';
import { VERSION } from '../../core/version.ts';
import { feedbackBody } from '../predictions/feedbackBody.ts';
import { ARROW_STREAM } from './protocols/arrow.ts';
import type { ServedRelease } from './served.ts';

/** What an answer that needs no model is made of. */
export interface PageContext {
  name: string;
  description: string;
  settings: EndpointSettings;
  releases: readonly ServedRelease[];
  /** The one that most requests get; null: none. */
  release: ServedRelease | null;
  isReady: boolean;
}

type Schema = Record<string, unknown>;

const TYPES: Record<Column['type'], Schema> = {
  boolean: { type: 'boolean' },
  integer: { type: 'integer' },
  float: { type: 'number', format: 'float' },
  double: { type: 'number', format: 'double' },
  string: { type: 'string' },
  datetime: { type: 'string', format: 'date-time' },
  binary: { type: 'string', contentEncoding: 'base64' },
};

function schemaOf({ type, shape, categories, min, max, required }: Column, strict: boolean): Schema {
  const seen = [min === null ? '' : `from ${min}`, max === null ? '' : `to ${max}`].filter(Boolean).join(' ');
  const one: Schema = { ...TYPES[type] };
  if (categories && strict) one.enum = categories;
  else if (categories) one.examples = categories.slice(0, 20);
  if (strict && min !== null) one.minimum = min;
  if (strict && max !== null) one.maximum = max;
  if (seen) one.description = `In training ${seen}.`;
  const whole = (shape ?? []).reduceRight<Schema>((items, size) => ({ type: 'array', items, minItems: size, maxItems: size }), one);
  return required ? whole : { anyOf: [whole, { type: 'null' }] };
}

function rowSchema({ inputs }: Signature, strict: boolean): Schema {
  return {
    type: 'object',
    properties: Object.fromEntries(inputs.map((column) => [column.name, schemaOf(column, strict)])),
    required: inputs.filter(({ required }) => required).map(({ name }) => name),
    additionalProperties: false,
  };
}

function predictionSchema({ outputs }: Signature): Schema {
  if (outputs.length === 1 && outputs[0]) return schemaOf({ ...outputs[0], required: true }, false);
  return { type: 'object', properties: Object.fromEntries(outputs.map((column) => [column.name, schemaOf(column, false)])) };
}

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: Schema, more: Schema = {}) => ({ 'application/json': { schema, ...more } });

export function openApiOf({ name, description, settings, release }: PageContext): unknown {
  const signature: Signature = release?.signature ?? { layout: 'columns', inputs: [], outputs: [] };
  const number = { type: 'number' };
  return {
    openapi: '3.1.0',
    info: {
      title: name,
      version: release ? String(release.record.version) : VERSION,
      description: release
        ? `${description}\n\n${release.record.modelName} version ${release.record.version}, ${release.model.bundle.className}`.trim()
        : description,
    },
    servers: [{ url: '.' }],
    security: settings.access === 'token' ? [{ token: [] }] : [],
    paths: pathsOf(release),
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: {
        Row: rowSchema(signature, settings.strict),
        Prediction: predictionSchema(signature),
        OneAnswer: {
          type: 'object',
          required: ['predictionId', 'prediction'],
          properties: {
            predictionId: { type: 'string', pattern: '^[0-9a-f]{32}$' },
            prediction: ref('Prediction'),
            scores: { type: 'object', additionalProperties: number },
            explanation: ref('Explanation'),
          },
        },
        ManyAnswers: {
          type: 'object',
          required: ['predictionId', 'predictions'],
          properties: {
            predictionId: { type: 'string', pattern: '^[0-9a-f]{32}$' },
            predictions: { type: 'array', items: ref('Prediction') },
            classes: { type: 'array', items: { type: 'string' } },
            scores: { type: 'array', items: { type: 'array', items: number } },
            explanations: { type: 'array', items: ref('Explanation') },
          },
        },
        Explanation: z.toJSONSchema(explanation),
        Feedback: z.toJSONSchema(feedbackBody, { io: 'input' }),
        Error: {
          type: 'object',
          properties: {
            code: { type: 'string' },
            status: { type: 'integer' },
            message: { type: 'string' },
            data: { type: 'object', properties: { issues: { type: 'array', items: z.toJSONSchema(issue) } } },
          },
        },
      },
    },
    'x-cellkeep': {
      example: exampleOf(release),
      rows: settings.maxRows,
      bodyBytes: settings.maxBodyBytes,
      deadlineMs: settings.deadlineMs,
    },
  };
}

/** The first row of the example as an object; null where there is none. */
function exampleOf(release: ServedRelease | null): Record<string, unknown> | null {
  const { columns, data } = release?.example ?? { columns: [], data: [] };
  const [row] = data;
  return row ? Object.fromEntries(columns.map((name, i) => [name, row[i]])) : null;
}

const query = (name: string, description: string, schema: Schema) => ({ name, in: 'query', description, schema });

const FAILURES: [number, string][] = [
  [400, 'What does not fit the signature, field by field.'],
  [401, 'No token, or one that may not ask.'],
  [413, 'Too many rows or bytes.'],
  [415, 'Another kind of body.'],
  [429, 'Too many requests; Retry-After says when to come back.'],
  [500, 'The model failed.'],
  [503, 'No release is ready.'],
  [504, 'The model took longer than the deadline.'],
];

/** The server answers it, which finds in its database what was predicted. */
function feedback() {
  const failures: [number, string][] = [
    [400, 'What is told cannot be counted, field by field.'],
    [401, 'No token, or one that may not ask.'],
    [403, 'Who asks may only read.'],
    [404, 'No such request of this endpoint is kept; on the endpoint’s own address: nothing answers there.'],
    [409, 'The request was answered with an error: there is no prediction.'],
    [413, 'More than 64 KiB.'],
  ];
  return {
    post: {
      operationId: 'feedback',
      summary: 'What came of a prediction',
      description:
        'Through the server alone: `/endpoints/<name>/feedback`. Said again for the same row, the last word counts. Canaries and the endpoint’s page average it.',
      requestBody: { required: true, content: json(ref('Feedback')) },
      responses: {
        200: {
          description: 'Kept',
          content: json({
            type: 'object',
            required: ['stored'],
            properties: { stored: { type: 'boolean', description: 'false: the same was said before.' } },
          }),
        },
        ...Object.fromEntries(failures.map(([status, description]) => [status, { description, content: json(ref('Error')) }])),
      },
    },
  };
}

function pathsOf(release: ServedRelease | null) {
  const failures = Object.fromEntries(FAILURES.map(([status, description]) => [status, { description, content: json(ref('Error')) }]));
  const binary = { [ARROW_STREAM]: { schema: { type: 'string', contentEncoding: 'binary' } } };
  const example = exampleOf(release);
  const model = release ? encodeURIComponent(release.record.modelName) : 'model';
  const object = { type: 'object' };
  const post = (operationId: string, summary: string, content: Schema, answer: Schema) => ({
    post: {
      operationId,
      summary,
      requestBody: { required: true, content },
      responses: { 200: { description: 'Answered', content: answer }, ...failures },
    },
  });
  const get = (operationId: string, summary: string) => ({
    get: { operationId, summary, responses: { 200: { description: 'So it is' } } },
  });
  const rows = {
    oneOf: [
      ref('Row'),
      { type: 'array', items: ref('Row'), minItems: 1 },
      {
        type: 'object',
        required: ['data'],
        properties: {
          columns: { type: 'array', items: { type: 'string' } },
          data: { type: 'array', items: { type: 'array' }, minItems: 1 },
        },
        additionalProperties: false,
      },
    ],
  };
  const frames = {
    oneOf: ['dataframe_split', 'dataframe_records', 'inputs', 'instances'].map((key) => ({
      type: 'object',
      required: [key],
      properties: { [key]: {} },
    })),
  };
  return {
    '/predict': {
      parameters: [
        query('explain', 'true: with what each input contributed, for up to 10 rows.', { type: 'boolean', default: false }),
        query('output', 'What is explained: a class, or an output.', { type: 'string' }),
      ],
      ...post(
        'predict',
        'One row, or many',
        { ...json(rows, example ? { example } : {}), ...binary },
        { ...json({ oneOf: [ref('OneAnswer'), ref('ManyAnswers')] }), ...binary },
      ),
    },
    '/invocations': post(
      'invocations',
      'As MLflow’s scoring server takes rows',
      { ...json(frames), 'text/csv': { schema: { type: 'string' } } },
      json({ type: 'object', properties: { predictions: { type: 'array' } } }),
    ),
    '/feedback': feedback(),
    [`/v2/models/${model}/infer`]: post('infer', 'As the Open Inference Protocol takes tensors', json(object), json(object)),
    [`/v2/models/${model}`]: get('metadata', 'Inputs and outputs as tensors'),
    '/v2/health/live': get('live', 'The host runs'),
    '/v2/health/ready': get('ready', 'Every release is loaded'),
    '/ping': get('ping', 'As MLflow’s scoring server says that it is well'),
  };
}
