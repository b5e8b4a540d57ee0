/**
 * An endpoint has a name, an address and limits; releases put versions of a model behind it. One host process or several (replicas) answer
 * for it, each with every release that is live: a request is led to a release within the host, without a hop.
 */
import { z } from 'zod';
import { runtime } from '../registry/bundle.ts';
import { modelName, writtenVersion } from '../registry/registeredModel.ts';
import { epochMs, limits, uuid } from '../wire/index.ts';

/** Part of addresses: /endpoints/late-flights/invocations. */
export const endpointName = z
  .string()
  .min(1)
  .max(63)
  .regex(
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
    'the name of an endpoint holds lower-case letters, digits and "-", and neither begins nor ends with "-"',
  );

export const endpointSettings = z.object({
  replicas: z.number().int().min(1).max(64).default(1).describe('Host processes on this machine.'),
  workers: z
    .number()
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('Python processes of each release that needs Python, in each host. A change replaces the hosts, one after another.'),
  access: z.enum(['token', 'open']).default('token').describe('`open`: whoever reaches the address may ask.'),
  deadlineMs: z.number().int().min(1).max(3_600_000).default(30_000).describe('ms until a request is answered with 504.'),
  maxConcurrency: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(256)
    .describe('Requests at once in each host process; more get 429 with Retry-After.'),
  maxBodyBytes: z
    .number()
    .int()
    .min(1_024)
    .max(1024 * 1024 * 1024)
    .default(16 * 1024 * 1024),
  maxRows: z.number().int().min(1).max(10_000_000).default(100_000).describe('Rows of one request.'),
  ratePerSecond: z
    .number()
    .min(0.01)
    .max(1e7)
    .nullable()
    .default(null)
    .describe(
      'Requests of each token that has no rate of its own; null: no limit. Each host process counts for itself and grants this over `replicas`, at least one request at once: a client that keeps to one connection has one host’s part. Each machine that runs hosts grants as much.',
    ),
  strict: z.boolean().default(false).describe('Refuse categories and, for integers and floats, ranges that training did not see.'),
  batchWindowUs: z
    .number()
    .int()
    .min(0)
    .max(1_000_000)
    .default(0)
    .describe('µs to wait for more rows; 0: only what is there already goes together.'),
  batchRows: z.number().int().min(1).max(100_000).default(256).describe('Rows that go through the model at once.'),
  logRows: z.number().min(0).max(1).default(1).describe('Share of requests whose rows and answers are kept; the counters see all of them.'),
  keepDays: z.number().int().min(1).max(3_650).default(30).describe('Days that kept requests stay.'),
  idleSeconds: z
    .number()
    .int()
    .min(10)
    .max(31_536_000)
    .nullable()
    .default(null)
    .describe('Without a request for so long its hosts end; the next one wakes them.'),
  memoryMiB: z
    .number()
    .int()
    .min(64)
    .max(1_048_576)
    .default(4_096)
    .describe('Of a host and of each of its workers; what takes more is ended. A change replaces the hosts, one after another.'),
  stickyHeader: z
    .string()
    .max(100)
    .regex(/^[A-Za-z0-9-]*$/)
    .default('x-cellkeep-key')
    .describe('The same value leads to the same release.'),
});
export type EndpointSettings = z.infer<typeof endpointSettings>;

/** Of a change: what is absent stays as it is. `partial()` would fill it in with the defaults. */
const someSettings = z.object(
  Object.fromEntries(Object.entries(endpointSettings.shape).map(([key, value]) => [key, value.removeDefault().optional()])),
) as z.ZodType as z.ZodType<Partial<EndpointSettings>, Partial<EndpointSettings>>;

/**
 * `live` takes its share of the traffic, `canary` as well while its plan goes on, `shadow` is asked beside and its answers are only
 * compared, `retired` is asked no more. `standby` was live until another took its place: it gets no requests and stays loaded, so that
 * rolling back takes no time. One that is `starting` is loaded and warmed up beside the others, and `failed` could not be.
 */
export const releaseRole = z.enum(['starting', 'live', 'canary', 'shadow', 'standby', 'retired', 'failed']);
export type ReleaseRole = z.infer<typeof releaseRole>;

/** A canary goes on to its next step when the step's time is over and everything is within its limits, and back to nothing when not. */
export const canaryPlan = z.object({
  steps: z
    .array(z.number().min(0.001).max(1))
    .min(1)
    .max(50)
    .default([0.05, 0.25, 0.5, 1])
    .describe('Shares of the traffic, ascending; after the last it is the only one.'),
  stepSeconds: z.number().int().min(1).max(604_800).default(300),
  minRequests: z.number().int().min(1).max(1_000_000_000).default(50).describe('Requests that a step needs before it is judged.'),
  maxErrorShare: z.number().min(0).max(1).default(0.01).describe('Answers of 5xx.'),
  maxP95Ratio: z.number().min(0.1).max(1_000).default(1.5).describe('p95 of the canary over that of the live ones.'),
  maxDrift: z
    .number()
    .min(0)
    .max(100)
    .nullable()
    .default(0.25)
    .describe(
      'Population stability index of its predictions against the live ones’ of the same step, less what chance makes; null: not judged.',
    ),
  minFeedbackRatio: z
    .number()
    .min(0)
    .max(1_000)
    .nullable()
    .default(null)
    .describe('Mean feedback of the canary over that of the live ones; null: not judged.'),
});
export type CanaryPlan = z.infer<typeof canaryPlan>;

export const canaryState = z.object({
  step: z.number().int().nonnegative(),
  stepStartedAt: epochMs,
  verdict: z.enum(['waiting', 'within', 'rolled-back', 'done']),
  reason: z.string().max(1_000).default(''),
});
export type CanaryState = z.infer<typeof canaryState>;

export const headerMatch = z.object({
  name: z
    .string()
    .min(1)
    .max(100)
    .regex(/^[a-z0-9-]+$/),
  value: z.string().max(500),
});

export const release = z.object({
  id: uuid,
  endpoint: z.string(),
  modelName: z.string(),
  version: z.number().int(),
  runtime,
  number: z.number().int().describe('Counted from 1 within the endpoint.'),
  role: releaseRole,
  weight: z.number().min(0).max(1).describe('Share of the traffic; those of one endpoint sum to 1 where any is live.'),
  header: headerMatch.nullable().describe('Requests with this header come here whatever the weights.'),
  plan: canaryPlan.nullable(),
  canary: canaryState.nullable(),
  message: z.string().describe('Why it failed or was rolled back.'),
  userName: z.string(),
  createdAt: epochMs,
  liveAt: epochMs.nullable(),
  retiredAt: epochMs.nullable(),
});
export type Release = z.infer<typeof release>;

export const releaseCreate = z.object({
  id: uuid.optional().describe('Chosen by the client: asking twice makes one.'),
  endpoint: endpointName,
  modelName,
  version: writtenVersion,
  how: z
    .enum(['replace', 'canary', 'shadow', 'beside'])
    .default('replace')
    .describe('`replace`: takes all the traffic once it is warm; `beside`: at weight 0, for headers and later weights.'),
  plan: canaryPlan.optional(),
  header: headerMatch.nullable().default(null),
  trustUser: z
    .string()
    .max(limits.name)
    .optional()
    .describe('Whose code may run on the server: needed where the model is another user’s pickle.'),
});

export const hostState = z.enum(['starting', 'ready', 'draining', 'crashed', 'stopped']);
export const host = z.object({
  id: uuid,
  endpoint: z.string(),
  machine: z.string(),
  address: z.string().describe('host:port'),
  pid: z.number().int(),
  state: hostState,
  restarts: z.number().int().nonnegative(),
  message: z.string().describe('Why it crashed, or what it waits for.'),
  rssBytes: z.number().int().nullable(),
  startedAt: epochMs,
  seenAt: epochMs,
});
export type Host = z.infer<typeof host>;

export const endpointState = z.enum(['empty', 'starting', 'ready', 'degraded', 'asleep', 'stopped', 'failed']);
export type EndpointState = z.infer<typeof endpointState>;

export const endpoint = z.object({
  id: uuid,
  name: z.string(),
  description: z.string().describe('Markdown.'),
  state: endpointState,
  message: z.string(),
  wanted: z.enum(['running', 'stopped']),
  url: z.string().describe('Through the server: <server>/endpoints/<name>.'),
  directUrl: z.string().nullable().describe('The hosts’ own address, without a hop; null where none listens.'),
  settings: endpointSettings,
  releases: z.array(release).describe('Newest first; of the retired ones the last 20.'),
  hosts: z.array(host),
  notebookPaths: z.array(z.string()).describe('Notebooks that made its releases.'),
  userName: z.string(),
  createdAt: epochMs,
  updatedAt: epochMs.describe('Of its last change by a person or a canary’s plan: settings, releases, weights.'),
  deletedAt: epochMs.nullable().describe('Told to watchers; none of a list is deleted.'),
});
export type Endpoint = z.infer<typeof endpoint>;

export const endpointCreate = z.object({
  name: endpointName,
  description: z.string().max(limits.notes).default(''),
  settings: endpointSettings.prefault({}),
});

const readAt = epochMs.optional().describe('`updatedAt` as it was read: where somebody changed the endpoint since, nothing is changed.');

export const endpointUpdate = z.object({
  name: endpointName,
  description: z.string().max(limits.notes).optional(),
  settings: someSettings.optional(),
  wanted: z.enum(['running', 'stopped']).optional(),
  readAt,
});

export const endpointToken = z.object({
  id: uuid,
  label: z.string(),
  prefix: z.string(),
  ratePerSecond: z.number().nullable().describe('Instead of the endpoint’s, and shared by its hosts in the same way.'),
  userName: z.string(),
  createdAt: epochMs,
  lastUsedAt: epochMs.nullable(),
  expiresAt: epochMs.nullable(),
});

/** Shares of the traffic, all at once: what is not named gets none. */
export const trafficPut = z.object({
  endpoint: endpointName,
  weights: z
    .array(z.object({ releaseId: uuid, weight: z.number().min(0).max(1) }))
    .min(1)
    .max(20),
  readAt,
});
