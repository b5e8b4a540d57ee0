/**
 * `npm run openapi -w schema` writes schema/generated/openapi.json from the contract; with `--print` it only prints it.
 * server/generateApi.test.ts fails where the file is not what this writes.
 *
 * The routes that carry bytes or cookies are no operations of the contract: they are described by hand, in server/apiOfRawRoutes.ts.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { contract } from '@cellkeep/schema';
import { token, user } from '@cellkeep/schema/access';
import { collaborationEvent, comment, mention, report, reportRevision, reportSummary, savedView } from '@cellkeep/schema/collaboration';
import {
  environment,
  execution,
  kernelRecord,
  notebook,
  notebookDocument,
  part,
  sessionInput,
  shownCell,
  snapshot,
  snapshotDiff,
  snapshotInput,
  snapshotSummary,
} from '@cellkeep/schema/design';
import { edge, event } from '@cellkeep/schema/governance';
import { loggedModel, modelVersion, registeredModel } from '@cellkeep/schema/registry';
import {
  artifact,
  experiment,
  history,
  ingestInput,
  ingestOutput,
  ingestRecord,
  liveEvent,
  run,
  runCreate,
  runUpdate,
  seriesPoints,
} from '@cellkeep/schema/tracking';
import { commonErrors, issue, limits } from '@cellkeep/schema/wire';
import { oc } from '@orpc/contract';
import { OpenAPIGenerator } from '@orpc/openapi';
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4';
import { z } from 'zod';
import { errorAnswers, errorResponses, rawRoutes } from './apiOfRawRoutes.ts';

export const FILE = new URL('../schema/generated/openapi.json', import.meta.url);

const errorBody = z.object({
  defined: z.boolean().describe('False where nobody foresaw this error.'),
  code: z.enum([...Object.keys(commonErrors), 'INTERNAL_SERVER_ERROR']),
  status: z.number().int(),
  message: z.string(),
  data: z.object({ issues: z.array(issue) }),
});

/** Named once, referred to by each operation. What a default fills in is optional when written and always there when read. */
const written = {
  SessionInput: sessionInput,
  RunCreate: runCreate,
  RunUpdate: runUpdate,
  SeriesPoints: seriesPoints,
  IngestRecord: ingestRecord,
  Part: part,
  SnapshotInput: snapshotInput,
};
const read = {
  ...{ User: user, Token: token, Experiment: experiment, Run: run, Artifact: artifact, History: history, LiveEvent: liveEvent },
  ...{ Snapshot: snapshot, SnapshotSummary: snapshotSummary, ShownCell: shownCell, Environment: environment },
  ...{ SnapshotDiff: snapshotDiff, KernelRecord: kernelRecord, NotebookDocument: notebookDocument },
  ...{ Notebook: notebook, Execution: execution, Event: event, Edge: edge, Error: errorBody },
  ...{ SavedView: savedView, Report: report, ReportSummary: reportSummary, ReportRevision: reportRevision },
  ...{ Comment: comment, Mention: mention, CollaborationEvent: collaborationEvent },
  ...{ LoggedModel: loggedModel, RegisteredModel: registeredModel, ModelVersion: modelVersion },
};

/** The contract leaves records `unknown`, because the server judges each by itself; who writes them wants to know more. */
const described = {
  ...contract,
  tracking: {
    ...contract.tracking,
    ingest: oc
      .route(contract.tracking.ingest['~orpc'].route)
      .input(ingestInput.extend({ records: z.array(ingestRecord).max(limits.recordsPerRequest) }))
      .output(ingestOutput),
  },
};

export async function openApi(): Promise<string> {
  const generator = new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] });
  const document = await generator.generate(described, {
    info: {
      title: 'Cellkeep',
      version: (JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as { version: string }).version,
      description: 'Experiments, runs, metrics and artifacts of notebooks and scripts. Each error says which field, why, and what to do.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/api/v1' }],
    tags: [
      { name: 'tracking', description: 'What happened? Experiments, runs, params, metric series, artifacts.' },
      { name: 'registry', description: 'What may serve? Logged models, registered models, their versions and aliases.' },
      { name: 'design', description: 'Which cells made this? Notebooks and executions.' },
      { name: 'collaboration', description: 'What a team keeps in common: saved views, reports, comments, mentions, presence.' },
      { name: 'governance', description: 'The proof: the audit log and lineage.' },
      { name: 'access', description: 'Who may: users, tokens, sessions.' },
    ],
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token; also taken as the password of Basic.' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'cellkeep_session',
          description:
            'A browser that logged in; cellkeep_session_PORT where its address has a port. A change repeats the cookie cellkeep_csrf (cellkeep_csrf_PORT) in the header x-csrf-token.',
        },
      },
    },
    security: [{ token: [] }, { session: [] }],
    commonSchemas: { ...named(written, 'input'), ...named(read, 'output') },
    customErrorResponseBodySchema: () => ({ $ref: '#/components/schemas/Error' }),
  });
  const paths: Record<string, Record<string, { responses?: object }>> = JSON.parse(JSON.stringify(document.paths));
  for (const operation of Object.values(paths).flatMap(Object.values)) operation.responses = { ...operation.responses, ...errorAnswers };
  const components = { ...document.components, responses: errorResponses };
  return `${JSON.stringify({ ...document, components, paths: { ...paths, ...rawRoutes } }, null, 1)}\n`;
}

function named<Strategy extends 'input' | 'output'>(schemas: Record<string, z.ZodType>, strategy: Strategy) {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, { schema, strategy }]));
}

if (import.meta.main) {
  if (process.argv.includes('--print')) process.stdout.write(await openApi());
  else writeFileSync(FILE, await openApi());
}
