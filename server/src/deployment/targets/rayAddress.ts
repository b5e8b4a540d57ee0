/**
 * Which addresses this server asks on behalf of people. Whoever may name one could otherwise reach what only the server reaches: the
 * metadata service of a cloud, a database beside it. The address is looked at when the connection is made, as a name may lead elsewhere by
 * then.
 */
import { type LookupAddress, lookup as lookUp } from 'node:dns';
import { BlockList, isIP } from 'node:net';
import { PlainError } from '../../core/plainError.ts';

export interface RaySettings {
  /** Names, or `*.domain`; null: loopback and private addresses, for owners. */
  hosts: string[] | null;
}

/** `CELLKEEP_RAY_HOSTS=ray.example,*.cluster.local` */
export function readRaySettings(env: NodeJS.ProcessEnv): RaySettings {
  const text = env.CELLKEEP_RAY_HOSTS;
  if (text === undefined || text.trim() === '') return { hosts: null };
  const hosts = text.split(',').map((host) => host.trim().toLowerCase());
  const wrong = hosts.find((host) => !/^(\*\.)?[a-z0-9.:_-]+$/.test(host));
  if (wrong !== undefined) throw new PlainError(`CELLKEEP_RAY_HOSTS: ${JSON.stringify(wrong)} is no name of a host, and no *.domain`);
  return { hosts };
}

export const isNamed = (hosts: readonly string[], host: string): boolean =>
  hosts.some((known) => (known.startsWith('*.') ? host.endsWith(known.slice(1)) : known === host));

const NEAR = new BlockList();
for (const [net, prefix] of [['127.0.0.0', 8], ['10.0.0.0', 8], ['172.16.0.0', 12], ['192.168.0.0', 16]] as const) NEAR.addSubnet(net, prefix, 'ipv4'); // biome-ignore format: a table
for (const [net, prefix] of [
  ['::1', 128],
  ['fc00::', 7],
] as const)
  NEAR.addSubnet(net, prefix, 'ipv6');

/** Loopback, or private; the link-local ones of metadata services are neither. */
export function isNear(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  const plain = mapped ?? address;
  const family = isIP(plain);
  return family !== 0 && NEAR.check(plain, family === 4 ? 'ipv4' : 'ipv6');
}

export class NotAllowed extends Error {
  override name = 'NotAllowed';
}

type Found = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/** In place of the system's own, for a connection to what is only near: where any of a name's addresses is not, there is none. */
export function lookUpNear(hostname: string, options: { all?: boolean }, found: Found): void {
  lookUp(hostname, { all: true }, (error, addresses) => {
    if (error) return found(error, '');
    const far = addresses.find(({ address }) => !isNear(address));
    const [first] = addresses;
    if (far || !first) return found(new NotAllowed(`${hostname} is ${far?.address ?? 'nowhere'}, which is no private address`), '');
    if (options.all) found(null, addresses);
    else found(null, first.address, first.family);
  });
}
