/** Endpoints, what leads to them, and what they answered. Hosts read `endpoints` and `releases`, and write the last four. */
import { bigint, boolean, doublePrecision, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { sql } from 'drizzle-orm/sql';
import { users, workspaceId } from '../access/tables.ts';
import type { Runtime } from '../registry/bundle.ts';
import { bytea, epochMs, instant } from '../wire/tables.ts';
import type { Batch } from './batch.ts';
import type { CanaryPlan, CanaryState, Endpoint, EndpointSettings, Host, Release } from './endpoint.ts';
import type { Promotion } from './promotion.ts';
import type { RayDeployment } from './target.ts';

const userId = () =>
  uuid('user_id')
    .notNull()
    .references(() => users.id);

export const endpoints = pgTable(
  'endpoints',
  {
    id: uuid('id').primaryKey(),
    workspaceId: workspaceId(),
    name: text('name').notNull(),
    description: text('description').notNull(),
    settings: jsonb('settings').$type<EndpointSettings>().notNull(),
    wanted: text('wanted').$type<Endpoint['wanted']>().notNull(),
    /** Where its hosts listen on each machine; chosen once, so that the address stays. Null: none has been started. */
    port: integer('port'),
    /** Goes up with every change that hosts must hear of: settings, releases, weights, tokens. */
    generation: bigint('generation', { mode: 'number' }).notNull().default(1),
    /** With it a server asks hosts for a caller that it has checked; it never leaves servers and hosts. */
    doorSecret: text('door_secret').notNull(),
    /** Of the last request; what may go to sleep goes by it. */
    lastRequestAt: instant('last_request_at'),
    /** Since when its hosts are ended because nobody asks; null: they run, or are to. */
    asleepAt: instant('asleep_at'),
    userId: userId(),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    deletedAt: instant('deleted_at'),
  },
  // The names of all workspaces stand in one line of addresses.
  (table) => [uniqueIndex('endpoints_name').on(table.name).where(sql`deleted_at is null`)],
);

const endpointId = () =>
  uuid('endpoint_id')
    .notNull()
    .references(() => endpoints.id, { onDelete: 'cascade' });

export const releases = pgTable(
  'releases',
  {
    id: uuid('id').primaryKey(),
    endpointId: endpointId(),
    number: integer('number').notNull(),
    /** The registered model's id: its name may change. */
    modelId: uuid('model_id').notNull(),
    version: integer('version').notNull(),
    loggedModelId: text('logged_model_id').notNull(),
    runtime: text('runtime').$type<Runtime>().notNull(),
    how: text('how').$type<'replace' | 'canary' | 'shadow' | 'beside'>().notNull(),
    role: text('role').$type<Release['role']>().notNull(),
    weight: doublePrecision('weight').notNull(),
    /** Of a standby: what it had, and gets again when the traffic is rolled back. */
    weightBefore: doublePrecision('weight_before'),
    header: jsonb('header').$type<Release['header']>(),
    plan: jsonb('plan').$type<CanaryPlan>(),
    canary: jsonb('canary').$type<CanaryState>(),
    message: text('message').notNull().default(''),
    notebookPath: text('notebook_path'),
    userId: userId(),
    createdAt: instant('created_at').notNull(),
    liveAt: instant('live_at'),
    retiredAt: instant('retired_at'),
  },
  (table) => [
    uniqueIndex('releases_number').on(table.endpointId, table.number),
    index('releases_active').on(table.endpointId).where(sql`role not in ('retired', 'failed')`),
    index('releases_version').on(table.modelId, table.version),
  ],
);

export const endpointTokens = pgTable(
  'endpoint_tokens',
  {
    id: uuid('id').primaryKey(),
    endpointId: endpointId(),
    label: text('label').notNull(),
    prefix: text('prefix').notNull(),
    /** SHA-256 of the secret, which has 256 random bits. */
    hash: bytea('hash').notNull().unique(),
    ratePerSecond: doublePrecision('rate_per_second'),
    userId: userId(),
    createdAt: instant('created_at').notNull(),
    lastUsedAt: instant('last_used_at'),
    expiresAt: instant('expires_at'),
  },
  (table) => [index('endpoint_tokens_endpoint').on(table.endpointId)],
);

export const promotions = pgTable(
  'promotions',
  {
    id: uuid('id').primaryKey(),
    workspaceId: workspaceId(),
    source: jsonb('source').$type<Promotion['source']>().notNull(),
    modelName: text('model_name').notNull(),
    endpoint: text('endpoint'),
    options: jsonb('options').$type<Promotion['options']>().notNull(),
    where: text('where').$type<Promotion['where']>().notNull(),
    status: text('status').$type<Promotion['status']>().notNull(),
    steps: jsonb('steps').$type<Promotion['steps']>().notNull(),
    error: text('error'),
    version: integer('version'),
    loggedModelId: text('logged_model_id'),
    releaseId: uuid('release_id'),
    trustUser: text('trust_user'),
    /** Its steps are taken by a Python process of a server; false: it is exported already, or by its asker. */
    needsPython: boolean('needs_python').notNull(),
    /**
     * What serving it has made or moved beside the version and the release (`alias`: the version that it pointed at), to be taken back
     * where it does not succeed. Null: nothing is left to take back.
     */
    made: jsonb('made').$type<{ endpoint: boolean }>(),
    userId: userId(),
    askedAt: instant('asked_at').notNull(),
    startedAt: instant('started_at'),
    endedAt: instant('ended_at'),
    heartbeatAt: instant('heartbeat_at'),
  },
  (table) => [
    index('promotions_newest').on(table.workspaceId, table.askedAt),
    index('promotions_open').on(table.askedAt).where(sql`status in ('queued', 'running')`),
    index('promotions_made').on(table.askedAt).where(sql`made is not null`),
  ],
);

/** One process that answers for an endpoint. */
export const hosts = pgTable(
  'hosts',
  {
    id: uuid('id').primaryKey(),
    endpointId: endpointId(),
    machine: text('machine').notNull(),
    address: text('address').notNull(),
    pid: bigint('pid', { mode: 'number' }).notNull(),
    /** Boot of the machine and tick at which the process began: another process may have its number later. */
    life: text('life').notNull().default(''),
    state: text('state').$type<Host['state']>().notNull(),
    /** Generation of the endpoint that it serves. */
    generation: bigint('generation', { mode: 'number' }).notNull().default(0),
    /** Releases that it has loaded and warmed up, and those that it could not with the reason. */
    loaded: jsonb('loaded').$type<string[]>().notNull(),
    refused: jsonb('refused').$type<Record<string, string>>().notNull(),
    restarts: integer('restarts').notNull().default(0),
    message: text('message').notNull().default(''),
    rssBytes: bigint('rss_bytes', { mode: 'number' }),
    startedAt: instant('started_at').notNull(),
    seenAt: instant('seen_at').notNull(),
  },
  (table) => [index('hosts_endpoint').on(table.endpointId)],
);

/** What hosts and their workers wrote; the last few thousand lines of each endpoint. */
export const hostLines = pgTable(
  'host_lines',
  {
    seq: bigint('seq', { mode: 'number' }).generatedAlwaysAsIdentity().primaryKey(),
    endpointId: endpointId(),
    at: instant('at').notNull(),
    host: text('host').notNull(),
    stream: text('stream').$type<'out' | 'err' | 'host'>().notNull(),
    text: text('text').notNull(),
  },
  (table) => [index('host_lines_endpoint').on(table.endpointId, table.seq)],
);

/**
 * Requests, many in a row: at 25,000 a second a row for each would cost more than the answers. A prediction id holds the life of its host
 * and its number there, so that one chunk is found by it.
 */
export const predictionChunks = pgTable(
  'prediction_chunks',
  {
    /** 48 random bits, chosen when a host starts. */
    life: bigint('life', { mode: 'number' }).notNull(),
    firstNumber: bigint('first_number', { mode: 'number' }).notNull(),
    lastNumber: bigint('last_number', { mode: 'number' }).notNull(),
    endpointId: endpointId(),
    firstAt: epochMs('first_at').notNull(),
    lastAt: epochMs('last_at').notNull(),
    requests: integer('requests').notNull(),
    errors: integer('errors').notNull(),
    /** Deflated; see server/src/deployment/host. */
    payload: bytea('payload').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.life, table.firstNumber] }),
    index('prediction_chunks_newest').on(table.endpointId, table.lastAt),
  ],
);

/** Counters of ten seconds, added up over the hosts. */
export const trafficCounts = pgTable(
  'traffic_counts',
  {
    endpointId: endpointId(),
    releaseId: uuid('release_id').notNull(),
    at: epochMs('at').notNull(),
    requests: bigint('requests', { mode: 'number' }).notNull(),
    rows: bigint('rows', { mode: 'number' }).notNull(),
    clientErrors: bigint('client_errors', { mode: 'number' }).notNull(),
    serverErrors: bigint('server_errors', { mode: 'number' }).notNull(),
    rejected: bigint('rejected', { mode: 'number' }).notNull(),
    /** Requests by latency: 2^(i/4) µs … 2^((i+1)/4) µs. */
    latencies: bigint('latencies', { mode: 'number' }).array().notNull(),
    /** Of a shadow: rows that were compared, those that differed, requests that failed. */
    compared: bigint('compared', { mode: 'number' }).notNull().default(0),
    differing: bigint('differing', { mode: 'number' }).notNull().default(0),
    failed: bigint('failed', { mode: 'number' }).notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.endpointId, table.releaseId, table.at] })],
);

/** How features and predictions spread, in the bins of the training baseline, by the hour; a canary's step begins a row of its own. */
export const spreadCounts = pgTable(
  'spread_counts',
  {
    releaseId: uuid('release_id').notNull(),
    at: epochMs('at').notNull(),
    kind: text('kind').$type<'feature' | 'prediction'>().notNull(),
    name: text('name').notNull(),
    missing: bigint('missing', { mode: 'number' }).notNull(),
    counts: bigint('counts', { mode: 'number' }).array().notNull(),
  },
  (table) => [primaryKey({ columns: [table.releaseId, table.at, table.kind, table.name] })],
);

export const feedback = pgTable(
  'feedback',
  {
    predictionId: text('prediction_id').notNull(),
    row: integer('row').notNull(),
    endpointId: endpointId(),
    releaseId: uuid('release_id').notNull(),
    value: doublePrecision('value').notNull(),
    label: text('label'),
    userId: userId(),
    at: epochMs('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.predictionId, table.row] }), index('feedback_release').on(table.releaseId, table.at)],
);

export const batches = pgTable(
  'batches',
  {
    id: uuid('id').primaryKey(),
    workspaceId: workspaceId(),
    modelId: uuid('model_id').notNull(),
    version: integer('version').notNull(),
    input: jsonb('input').$type<Batch['input']>().notNull(),
    inputDigest: text('input_digest').notNull(),
    status: text('status').$type<Batch['status']>().notNull(),
    rowsDone: bigint('rows_done', { mode: 'number' }).notNull().default(0),
    rowsTotal: bigint('rows_total', { mode: 'number' }),
    rowsFailed: bigint('rows_failed', { mode: 'number' }).notNull().default(0),
    error: text('error'),
    output: jsonb('output').$type<Batch['output']>(),
    userId: userId(),
    askedAt: instant('asked_at').notNull(),
    startedAt: instant('started_at'),
    endedAt: instant('ended_at'),
    heartbeatAt: instant('heartbeat_at'),
  },
  (table) => [
    index('batches_newest').on(table.workspaceId, table.askedAt),
    index('batches_open').on(table.askedAt).where(sql`status in ('queued', 'running')`),
    index('batches_digest').on(table.inputDigest),
    index('batches_output').on(sql`(output ->> 'digest')`),
  ],
);

export const rayDeployments = pgTable(
  'ray_deployments',
  {
    id: uuid('id').primaryKey(),
    endpointId: endpointId(),
    releaseId: uuid('release_id').notNull(),
    address: text('address').notNull(),
    application: text('application').notNull(),
    routePrefix: text('route_prefix').notNull(),
    replicas: integer('replicas').notNull(),
    status: text('status').$type<RayDeployment['status']>().notNull(),
    message: text('message').notNull().default(''),
    deleted: boolean('deleted').notNull().default(false),
    userId: userId(),
    createdAt: instant('created_at').notNull(),
    checkedAt: instant('checked_at'),
  },
  (table) => [index('ray_deployments_endpoint').on(table.endpointId)],
);
