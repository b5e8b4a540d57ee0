import { z } from 'zod';
import { epochMs, limits, nextCursor, pageInput, uuid } from '../wire/index.ts';
import { endpoint, endpointCreate, endpointName, endpointToken, endpointUpdate, release, releaseCreate, trafficPut } from './endpoint.ts';
import { abResult, columnCounts, trafficPoint } from './prediction.ts';
import { route } from './route.ts';

const byName = z.object({ name: endpointName });
const byRelease = z.object({ id: uuid });

export const endpointOperations = {
  endpoints: {
    list: route('GET', '/endpoints', 'Endpoints, by name')
      .input(
        z.object({
          ...pageInput,
          text: z.string().max(limits.name).optional().describe('Part of the name.'),
          notebookPath: z.string().max(limits.artifactPath).optional().describe('Those with a release made in this notebook.'),
          modelName: z.string().max(limits.name).optional(),
        }),
      )
      .output(z.object({ endpoints: z.array(endpoint), nextCursor })),
    get: route('GET', '/endpoints/{name}', 'One endpoint, with its releases and hosts').input(byName).output(endpoint),
    create: route('POST', '/endpoints', 'Make an endpoint; it serves once it has a release', 201).input(endpointCreate).output(endpoint),
    update: route('PATCH', '/endpoints/{name}', 'Settings, description; stop it, or start it again').input(endpointUpdate).output(endpoint),
    delete: route('DELETE', '/endpoints/{name}', 'Delete it; requests in flight are answered first')
      .input(byName)
      .output(z.object({ deleted: z.literal(true) })),
    traffic: route('GET', '/endpoints/{name}/traffic', 'Requests, errors and latencies over time')
      .input(
        byName.extend({
          from: z.coerce.number().int().min(0).optional().describe('ms since the epoch; absent: an hour ago.'),
          to: z.coerce.number().int().min(0).optional(),
          points: z.coerce.number().int().min(1).max(2_000).default(120),
          releaseId: uuid.optional(),
        }),
      )
      .output(z.object({ seconds: z.number().int().describe('Length of an interval.'), points: z.array(trafficPoint) })),
    drift: route('GET', '/endpoints/{name}/drift', 'How features and predictions spread, against training')
      .input(
        byName.extend({
          from: z.coerce.number().int().min(0).optional(),
          to: z.coerce.number().int().min(0).optional(),
          releaseId: uuid.optional(),
        }),
      )
      .output(
        z.object({
          releaseId: uuid.nullable(),
          rows: z.number().int(),
          baseline: z
            .object({ of: z.enum(['training', 'example']), rows: z.number().int() })
            .nullable()
            .describe('What it is compared with; `example`: training was not known, and nothing is judged. Null: the version has none.'),
          columns: z.array(columnCounts),
        }),
      ),
    logs: route('GET', '/endpoints/{name}/logs', 'What its hosts and workers wrote, newest last')
      .input(byName.extend({ lines: z.coerce.number().int().min(1).max(5_000).default(200) }))
      .output(
        z.object({ lines: z.array(z.object({ at: epochMs, host: z.string(), stream: z.enum(['out', 'err', 'host']), text: z.string() })) }),
      ),
    compare: route('GET', '/endpoints/{name}/compare', 'Two releases by what people said of their answers')
      .input(byName.extend({ a: uuid, b: uuid }))
      .output(abResult),
    shadow: route('GET', '/endpoints/{name}/shadows/{releaseId}', 'How often a shadow’s answers differ')
      .input(byName.extend({ releaseId: uuid }))
      .output(
        z.object({
          requests: z.number().int(),
          rows: z.number().int(),
          differing: z.number().int().describe('Rows with another label, or a number that differs by more than 1e-6 relative.'),
          failed: z
            .number()
            .int()
            .describe('Requests that it could not answer, or was not asked, since more than 20,000 rows waited for it already.'),
          p95Us: z.number().nullable(),
          liveP95Us: z.number().nullable(),
        }),
      ),
  },
  releases: {
    create: route('POST', '/releases', 'Put a version behind an endpoint', 201).input(releaseCreate).output(release),
    get: route('GET', '/releases/{id}', 'One release').input(byRelease).output(release),
    list: route('GET', '/endpoints/{endpoint}/releases', 'Releases of an endpoint, newest first')
      .input(z.object({ endpoint: endpointName, ...pageInput }))
      .output(z.object({ releases: z.array(release), nextCursor })),
    setTraffic: route('PUT', '/endpoints/{endpoint}/weights', 'Shares of the traffic, all at once').input(trafficPut).output(endpoint),
    finishCanary: route('POST', '/releases/{id}/finish', 'End a canary now: it takes all the traffic').input(byRelease).output(release),
    rollBack: route('POST', '/endpoints/{endpoint}/roll-back', 'Back to the release that was live before, at once')
      .input(z.object({ endpoint: endpointName, reason: z.string().max(1_000).default('') }))
      .output(endpoint),
    retire: route('POST', '/releases/{id}/retire', 'Take a release out; the only live one cannot be').input(byRelease).output(release),
  },
  endpointTokens: {
    list: route('GET', '/endpoints/{endpoint}/tokens', 'Tokens that may ask an endpoint')
      .input(z.object({ endpoint: endpointName }))
      .output(z.object({ tokens: z.array(endpointToken) })),
    create: route('POST', '/endpoints/{endpoint}/tokens', 'Make one; its secret is shown once', 201)
      .input(
        z.object({
          endpoint: endpointName,
          label: z.string().min(1).max(limits.name),
          ratePerSecond: z.number().min(0.01).max(1e7).nullable().default(null),
          expiresInDays: z.number().int().min(1).max(3_650).nullable().default(null),
        }),
      )
      .output(endpointToken.extend({ secret: z.string() })),
    revoke: route('DELETE', '/endpoint-tokens/{id}', 'Revoke it; hosts refuse it within a second')
      .input(byRelease)
      .output(z.object({ revoked: z.boolean() })),
  },
};
