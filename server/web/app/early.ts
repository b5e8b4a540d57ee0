/**
 * What a page is sure to need is asked for before React draws the first of it: the connection opens, and the rows of a run table are on
 * their way, while the browser is busy with the rest.
 */
import { type Connection, createConnection } from '../connection.ts';
import { sharedOf } from '../live/shared.ts';
import { columnSample } from '../tracking/table/useDefaultColumns.ts';

let early: Connection | null = null;

/** `path`: below the base, without what is searched for. */
export function startEarly(path: string): void {
  if (path === '/login') return;
  early = createConnection({ baseUrl: document.baseURI });
  const [, experimentId] = /^\/experiments\/(\d+)$/.exec(path) ?? [];
  // What fails here is asked again, and told, by the view.
  if (experimentId) void sharedOf(early).cache.prefetchQuery(columnSample(early.client, experimentId));
}

/** The connection that was opened early, once; null: there is none, or somebody has it. */
export function takeEarly(): Connection | null {
  const taken = early;
  early = null;
  return taken;
}
