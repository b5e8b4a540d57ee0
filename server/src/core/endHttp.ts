/** How an HTTP server ends without a request lost. */
import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { Server } from 'node:net';

/** ms for connections on which nothing is under way: their clients may be sending the next request just now */
const IDLE = 100;

/**
 * Takes no more connections, answers what comes on those that are open and ends them: idle ones after a moment, busy ones once their
 * answer is out.
 *
 * @param patience ms after which all others are cut off
 * @returns once all connections have ended
 */
export async function endHttp(server: HttpServer, patience?: number): Promise<void> {
  const closed = once(server, 'close');
  server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'));
  Server.prototype.close.call(server); // that of HTTP would end the idle connections with it
  const late = patience === undefined ? undefined : setTimeout(() => server.closeAllConnections(), patience);
  let sweep = setTimeout(() => {
    // Connections that were busy when it began become idle one by one.
    sweep = setInterval(() => server.closeIdleConnections(), 50);
  }, IDLE);
  await closed;
  clearInterval(sweep);
  clearTimeout(late);
  server.close(); // its timers end
}
