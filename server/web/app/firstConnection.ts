/** The page's connection, opened before React is asked for anything, with what the first view needs already wanted from it. */
import { type Connection, createConnection } from '../connection.ts';
import { sharedOf } from '../live/shared.ts';
import { comparedIds } from '../tracking/compare/comparedIds.ts';
import { readAhead } from '../tracking/compare/readAhead.ts';
import { comparedQuery, watchedRuns } from '../tracking/compare/useComparedRuns.ts';
import { sampleQuery } from '../tracking/table/useDefaultColumns.ts';
import { experimentOf } from './firstQuestion.ts';

const HELD = 15_000; // ms; the view has its own by then

/** What the page asked for in its head; nothing where it asked for nothing. */
let answer: Promise<unknown> = Promise.resolve();
let first: Connection | null = open(location.pathname.slice(new URL(document.baseURI).pathname.replace(/\/$/, '').length));

/** `path`: below the base. */
function open(path: string): Connection | null {
  if (path === '/login') return null;
  const connection = createConnection({ baseUrl: document.baseURI });
  const shared = sharedOf(connection);
  // What fails here is asked again, and told, by the view.
  const experimentId = experimentOf(path);
  if (experimentId) answer = shared.cache.prefetchQuery(sampleQuery(connection, experimentId));
  const ids = path === '/compare' ? comparedIds(location.search) : [];
  if (ids.length > 0) {
    // Subscribed first: a curve may be read only by who is told what comes after it.
    const stop = shared.live.watch(watchedRuns(ids));
    setTimeout(stop, HELD);
    answer = shared.cache.fetchQuery(comparedQuery(shared, ids)).then(
      ({ runs }) => readAhead(shared, runs),
      () => undefined,
    );
  }
  return connection;
}

/** Once; null: there is none, or somebody has it. */
export function takeFirstConnection(): Connection | null {
  const taken = first;
  first = null;
  return taken;
}

const PATIENCE = 120; // ms; what takes longer is waited for by a page that says so

/** Drawn when its answer is there, a page is drawn once; drawn before, twice. */
export async function firstAnswer(): Promise<void> {
  await Promise.race([answer.catch(() => undefined), new Promise((late) => setTimeout(late, PATIENCE))]);
}
