/** Where endpoints answer now, as the last look at the database found them. */
import type { EndpointRow } from '../endpoints/readEndpoints.ts';
import { type HostRow, isSilent } from '../hosts/hostRows.ts';

export interface Place {
  endpoint: EndpointRow;
  /** host:port of hosts that are ready, those of this machine alone where there are any. */
  addresses: string[];
  /** Some release answers requests. */
  isAnswering: boolean;
  /** A release is being loaded, and none answers yet. */
  isLoading: boolean;
  /** Why no host is ready: what the last one that ended said, or one that cannot load its release. */
  trouble: string;
}

const EVERYWHERE = ['0.0.0.0', '::'];

export function placeOf(
  endpoint: EndpointRow,
  roles: readonly string[],
  hosts: readonly HostRow[],
  { machine, listen }: { machine: string; listen: string },
): Place {
  const own = hosts.filter(({ endpointId }) => endpointId === endpoint.id);
  const ready = own.filter((host) => host.state === 'ready' && !isSilent(host));
  const near = ready.filter((host) => host.machine === machine);
  const isAnswering = roles.some((role) => role === 'live' || role === 'canary');
  return {
    endpoint,
    // The name under which others reach this machine need not lead to it from here.
    addresses: near.length > 0 ? [`${EVERYWHERE.includes(listen) ? '127.0.0.1' : bracketed(listen)}:${endpoint.port}`] : farOnes(ready),
    isAnswering,
    isLoading: !isAnswering && roles.includes('starting'),
    trouble: own.find(({ state, message }) => state === 'crashed' || (state === 'starting' && message !== ''))?.message ?? '',
  };
}

const farOnes = (ready: readonly HostRow[]) => [...new Set(ready.map(({ address }) => address))];

const bracketed = (host: string) => (host.includes(':') ? `[${host}]` : host);
