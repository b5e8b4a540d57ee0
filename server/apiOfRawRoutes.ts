/** The routes that carry bytes or cookies, as the OpenAPI document describes them; and the errors that any route may answer. */
import { partKind } from '@cellkeep/schema/design';
import { artifactPath, partNumber, uploadPart } from '@cellkeep/schema/tracking';
import { commonErrors, digest, runId, uuid } from '@cellkeep/schema/wire';
import { z } from 'zod';
import { sessionInput, sessionOutput } from './src/http/sessionRoutes.ts';
import { exportInput } from './src/tracking/index.ts';

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): object => {
  const { $schema: _, '~standard': __, ...rest } = z.toJSONSchema(schema, { io }) as Record<string, unknown>;
  return rest;
};
const json = (schema: object) => ({ 'application/json': { schema } });
const bytes = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };

/** In an address as they are; lists come as repeated words. */
const exported = exportInput.pick({ filter: true, lifecycle: true, notebookPath: true, parentRunId: true, format: true });
const tables = Object.fromEntries(
  ['text/csv', 'application/jsonl', 'application/vnd.apache.parquet'].map((type) => [
    type,
    { schema: { type: 'string', format: 'binary' } },
  ]),
);

const errors = { ...commonErrors, INTERNAL_SERVER_ERROR: { status: 500, message: 'The server failed; its log has the cause.' } };

/** For `components.responses`. */
export const errorResponses: Record<string, { description: string }> = Object.fromEntries(
  Object.entries(errors).map(([code, { message }]) => [
    code,
    { description: message, content: json({ $ref: '#/components/schemas/Error' }) },
  ]),
);

/** Of every operation: also where no body could be read and no operation was reached. */
export const errorAnswers: Record<string, object> = Object.fromEntries(
  Object.entries(errors).map(([code, { status }]) => [status, { $ref: `#/components/responses/${code}` }]),
);

const fileOfRun = [
  { name: 'runId', in: 'path', required: true, schema: schemaOf(runId, 'input') },
  {
    name: 'path',
    in: 'path',
    required: true,
    description: 'Path among the artifacts of the run; may hold slashes, each part percent-encoded.',
    schema: schemaOf(artifactPath, 'input'),
  },
];

const partOfAddress = { name: 'digest', in: 'path', required: true, schema: schemaOf(digest, 'input') };
const storedPart = schemaOf(z.object({ digest, kind: partKind, size: z.number().int().describe('bytes') }), 'output');

export const rawRoutes: Record<string, object> = {
  '/session': {
    post: {
      operationId: 'session.open',
      tags: ['access'],
      summary: 'Log a browser in: sets the session cookie and the CSRF cookie',
      security: [],
      requestBody: { required: true, content: json(schemaOf(sessionInput, 'input')) },
      responses: { 201: { description: 'Logged in', content: json(schemaOf(sessionOutput, 'output')) }, ...errorAnswers },
    },
    delete: {
      operationId: 'session.close',
      tags: ['access'],
      summary: 'Log this browser out',
      responses: { 204: { description: 'Logged out' }, ...errorAnswers },
    },
  },
  '/runs/export': {
    get: {
      operationId: 'tracking.runs.export',
      tags: ['tracking'],
      summary: 'The runs that a filter finds as a table, streamed; x-cellkeep-rows says how many rows come',
      parameters: [
        ...Object.entries(exported.shape).map(([name, schema]) => ({ name, in: 'query', schema: schemaOf(schema, 'input') })),
        { name: 'experimentId', in: 'query', description: 'May come several times.', schema: { type: 'string' } },
        {
          name: 'column',
          in: 'query',
          description: 'May come several times: "name", "params.lr", "metrics.loss.min".',
          schema: { type: 'string' },
        },
        { name: 'orderBy', in: 'query', description: 'May come several times: "metrics.loss:desc".', schema: { type: 'string' } },
      ],
      responses: { 200: { description: 'The table', content: tables }, ...errorAnswers },
    },
    post: {
      operationId: 'tracking.runs.exportChosen',
      tags: ['tracking'],
      summary: 'The same, for a filter or columns that no address has room for',
      requestBody: { required: true, content: json(schemaOf(exportInput, 'input')) },
      responses: { 200: { description: 'The table', content: tables }, ...errorAnswers },
    },
  },
  '/runs/{runId}/metrics/export': {
    get: {
      operationId: 'tracking.metrics.export',
      tags: ['tracking'],
      summary: 'Every point of a run: key, step, time and value, streamed',
      parameters: [
        { name: 'runId', in: 'path', required: true, schema: schemaOf(runId, 'input') },
        { name: 'key', in: 'query', description: 'May come several times; none: all.', schema: { type: 'string' } },
        { name: 'format', in: 'query', schema: schemaOf(exported.shape.format, 'input') },
      ],
      responses: { 200: { description: 'The table', content: tables }, ...errorAnswers },
    },
  },
  '/parts/{digest}': {
    get: {
      operationId: 'design.parts.download',
      tags: ['design'],
      summary: "A part's bytes: those of a cell, an output, a diff or a kept variable; Range is understood",
      parameters: [partOfAddress],
      responses: {
        200: { description: 'The whole part', content: bytes },
        206: { description: 'What Range asked for', content: bytes },
        ...errorAnswers,
      },
    },
    put: {
      operationId: 'design.parts.upload',
      tags: ['design'],
      summary: 'Store a part of any size, streamed; sent again it changes nothing',
      parameters: [partOfAddress, { name: 'kind', in: 'query', required: true, schema: schemaOf(partKind, 'input') }],
      requestBody: { required: true, content: bytes },
      responses: {
        200: { description: 'It was there already', content: json(storedPart) },
        201: { description: 'It is new', content: json(storedPart) },
        ...errorAnswers,
      },
    },
  },
  '/snapshots/{id}/notebook': {
    get: {
      operationId: 'design.snapshots.notebook',
      tags: ['design'],
      summary: 'The notebook as it was, as a file of nbformat 4.5, streamed',
      parameters: [
        { name: 'id', in: 'path', required: true, schema: schemaOf(uuid, 'input') },
        { name: 'outputs', in: 'query', description: '0: without outputs.', schema: { type: 'string', enum: ['0', '1'], default: '1' } },
      ],
      responses: {
        200: { description: 'The notebook', content: { 'application/x-ipynb+json': { schema: { type: 'object' } } } },
        ...errorAnswers,
      },
    },
  },
  '/runs/{runId}/artifacts/files/{path}': {
    get: {
      operationId: 'tracking.artifacts.download',
      tags: ['tracking'],
      summary: "An artifact's bytes; Range is understood",
      parameters: fileOfRun,
      responses: {
        200: { description: 'The whole file', content: bytes },
        206: { description: 'The part that Range asked for', content: bytes },
        ...errorAnswers,
      },
    },
    put: {
      operationId: 'tracking.artifacts.upload',
      tags: ['tracking'],
      summary: 'Store a file with a run, streamed; the same path again replaces it',
      parameters: [...fileOfRun, { name: 'kind', in: 'query', schema: { enum: ['file', 'figure', 'table', 'text'], default: 'file' } }],
      requestBody: { required: true, content: bytes },
      responses: { 201: { description: 'Stored', content: json({ $ref: '#/components/schemas/Artifact' }) }, ...errorAnswers },
    },
  },
  '/runs/{runId}/artifacts/uploads/{uploadId}/parts/{number}': {
    put: {
      operationId: 'tracking.artifacts.uploads.part',
      tags: ['tracking'],
      summary: 'Store one part of a large file, streamed; the same number again replaces it',
      parameters: [
        { name: 'runId', in: 'path', required: true, schema: schemaOf(runId, 'input') },
        { name: 'uploadId', in: 'path', required: true, schema: schemaOf(uuid, 'input') },
        { name: 'number', in: 'path', required: true, schema: schemaOf(partNumber, 'output') },
      ],
      requestBody: { required: true, content: bytes },
      responses: { 200: { description: 'Stored', content: json(schemaOf(uploadPart, 'output')) }, ...errorAnswers },
    },
  },
};
