/** Operations of endpoints, their releases and tokens. */
import { cursorOf, readCursor } from '../core/cursor.ts';
import { createEndpoint, deleteEndpoint, getEndpoint, updateEndpoint } from './endpoints/changeEndpoints.ts';
import { listEndpoints, requireEndpoint, type Seen } from './endpoints/readEndpoints.ts';
import { createEndpointToken, listEndpointTokens, revokeEndpointToken } from './endpoints/tokens.ts';
import { os } from './implementer.ts';
import { createRelease, finishCanary, getRelease, retireRelease, rollBackEndpoint, setTraffic } from './releases/changeReleases.ts';
import { listReleases, releaseOf } from './releases/releaseRows.ts';
import { compareReleases } from './traffic/compare.ts';
import { readDrift } from './traffic/drift.ts';
import { readLogs } from './traffic/logs.ts';
import { readShadow } from './traffic/shadow.ts';
import { readTraffic } from './traffic/traffic.ts';

export function endpointHandlers(seen: Seen) {
  return {
    endpoints: {
      list: os.endpoints.list.handler(({ context, input }) => listEndpoints(context, seen, input)),
      get: os.endpoints.get.handler(({ context, input: { name } }) => getEndpoint(context, seen, name)),
      create: os.endpoints.create.handler(({ context, input }) => createEndpoint(context, seen, input)),
      update: os.endpoints.update.handler(({ context, input }) => updateEndpoint(context, seen, input)),
      delete: os.endpoints.delete.handler(async ({ context, input: { name } }) => {
        await deleteEndpoint(context, seen, name);
        return { deleted: true as const };
      }),
      traffic: os.endpoints.traffic.handler(({ context, input }) => readTraffic(context, input)),
      drift: os.endpoints.drift.handler(({ context, input }) => readDrift(context, input)),
      logs: os.endpoints.logs.handler(({ context, input }) => readLogs(context, input)),
      compare: os.endpoints.compare.handler(({ context, input }) => compareReleases(context, input)),
      shadow: os.endpoints.shadow.handler(({ context, input }) => readShadow(context, input)),
    },
    releases: {
      create: os.releases.create.handler(({ context, input }) => createRelease(context, seen, input)),
      get: os.releases.get.handler(({ context, input: { id } }) => getRelease(context, id)),
      list: os.releases.list.handler(async ({ context: { sql, caller }, input: { endpoint: name, limit, cursor } }) => {
        const endpoint = await requireEndpoint(sql, caller.workspaceId, name, { field: 'endpoint' });
        const below = cursor === undefined ? undefined : Number(readCursor(cursor, ['number'])[0]);
        const rows = await listReleases(sql, endpoint.id, { limit: limit + 1, below });
        const page = rows.slice(0, limit);
        const end = page.at(-1);
        return { releases: page.map(releaseOf), nextCursor: rows.length > limit && end ? cursorOf([end.number]) : null };
      }),
      setTraffic: os.releases.setTraffic.handler(({ context, input }) => setTraffic(context, seen, input)),
      finishCanary: os.releases.finishCanary.handler(({ context, input: { id } }) => finishCanary(context, seen, id)),
      rollBack: os.releases.rollBack.handler(({ context, input }) => rollBackEndpoint(context, seen, input)),
      retire: os.releases.retire.handler(({ context, input: { id } }) => retireRelease(context, seen, id)),
    },
    endpointTokens: {
      list: os.endpointTokens.list.handler(async ({ context, input: { endpoint } }) => ({
        tokens: await listEndpointTokens(context, endpoint),
      })),
      create: os.endpointTokens.create.handler(({ context, input }) => createEndpointToken(context, input)),
      revoke: os.endpointTokens.revoke.handler(async ({ context, input: { id } }) => ({ revoked: await revokeEndpointToken(context, id) })),
    },
  };
}
