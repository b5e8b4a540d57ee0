/**
 * While the hosts of an endpoint sleep, the server listens on the endpoint's own port in their place, and hands what comes there to the
 * door, which wakes them. It shares the port, so that hosts can take it over without a moment in which nobody listens.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { endHttp } from '../../core/endHttp.ts';
import type { EndpointRow } from '../endpoints/readEndpoints.ts';

export interface Wakers {
  /** Listens for those that sleep; before their hosts let go of the port. */
  listenFor: (endpoints: readonly EndpointRow[]) => Promise<void>;
  /** Listens no more for those that are awake, once hosts of this machine listen, and for those that are gone. */
  leave: (endpoints: readonly EndpointRow[], hasHosts: (endpointId: string) => boolean) => void;
  /** Whoever connects to the port may come to us, and not to a host. */
  isListening: (endpointId: string) => boolean;
  stop: () => Promise<void>;
}

type Handle = (endpointId: string) => (request: IncomingMessage, response: ServerResponse) => void;

export function createWakers({ listen, handle, log }: { listen: string; handle: Handle; log: Logger }): Wakers {
  const listening = new Map<string, Server>();

  const begin = async ({ id, name, port }: EndpointRow) => {
    if (port === null) return;
    const server = createServer({ noDelay: true }, handle(id));
    listening.set(id, server);
    try {
      server.listen({ port, host: listen, reusePort: true });
      await once(server, 'listening');
    } catch (error) {
      listening.delete(id);
      log.warn(
        { err: error, endpoint: name, port },
        'nobody listens on the port of an endpoint that sleeps; the server’s own door wakes it',
      );
    }
  };

  /** What it has begun is answered; its listener is gone at once. */
  const end = (id: string, server: Server): Promise<unknown> => {
    listening.delete(id);
    return endHttp(server);
  };

  const isAsleep = ({ asleepAt, wanted }: EndpointRow) => asleepAt !== null && wanted === 'running';

  return {
    isListening: (id) => listening.has(id),
    async listenFor(endpoints) {
      for (const endpoint of endpoints) if (isAsleep(endpoint) && !listening.has(endpoint.id)) await begin(endpoint);
    },
    leave(endpoints, hasHosts) {
      for (const [id, server] of listening) {
        const endpoint = endpoints.find((one) => one.id === id);
        if (!endpoint || endpoint.wanted === 'stopped' || (!isAsleep(endpoint) && hasHosts(id))) void end(id, server);
      }
    },
    async stop() {
      for (const [id, server] of [...listening]) {
        const closed = end(id, server);
        server.closeAllConnections();
        await closed;
      }
    },
  };
}
