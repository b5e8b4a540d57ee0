/**
 * What a page is sure to need is asked for before the rest of its code is read: a script of its own, a sixth of the whole, opens the
 * connection and has the first rows of a run table on their way while the browser is busy with React and the views. These are asked for
 * beside the WebSocket, which opens only when the page has a moment for it.
 */
import type { Run } from '@cellkeep/schema/tracking';
import { type Connection, createConnection } from '../connection.ts';
import { sharedOf } from '../live/shared.ts';
import { columnSample } from '../tracking/table/columnSample.ts';

let early: Connection | null = start(window.location.pathname.slice(new URL(document.baseURI).pathname.replace(/\/$/, '').length));

/** `path`: below the base. */
function start(path: string): Connection | null {
  if (path === '/login') return null;
  const connection = createConnection({ baseUrl: document.baseURI });
  const [, experimentId] = /^\/experiments\/(\d+)$/.exec(path) ?? [];
  // What fails here is asked again, and told, by the view.
  if (experimentId) {
    const { input, ...query } = columnSample(connection.client, experimentId);
    void sharedOf(connection).cache.prefetchQuery({
      ...query,
      queryFn: async () => ({ at: Date.now(), runs: await search(connection, input) }),
    });
  }
  return connection;
}

async function search(connection: Connection, input: object): Promise<Run[]> {
  const headers = { 'content-type': 'application/json' };
  const answer = await connection.request('api/v1/runs/search', { method: 'POST', headers, body: JSON.stringify(input) });
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  return ((await answer.json()) as { runs: Run[] }).runs;
}

/** The connection that was opened early, once; null: there is none, or somebody has it. */
export function takeEarly(): Connection | null {
  const taken = early;
  early = null;
  return taken;
}
