/** The port of an endpoint: chosen once, when its first host is started, and the same on each machine from then on. */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Sql } from 'postgres';
import { PlainError } from '../../core/plainError.ts';
import type { HostingSettings } from './hostingSettings.ts';

/** Ports that are tried before one gives up. */
const TRIES = 200;

/**
 * @param unless one that it has and that hosts cannot listen on, since another program does: it gets another
 * @returns the one that it has, or has now
 */
export function ensurePort(
  sql: Sql,
  endpointId: string,
  { ports, listen }: Pick<HostingSettings, 'ports' | 'listen'>,
  unless?: number,
): Promise<number> {
  return sql.begin(async (tx) => {
    const [row] = await tx<{ port: number | null }[]>`select port from endpoints where id = ${endpointId} for update`;
    if (row?.port && row.port !== unless) return row.port;
    const taken = new Set(
      (await tx<{ port: number }[]>`select port from endpoints where port is not null and deleted_at is null`).map(({ port }) => port),
    );
    // From anywhere in the range: two servers of two databases that look at the same time shall not find the same one free.
    const size = ports.last - ports.first + 1;
    const begin = randomInt(size);
    for (let i = 0; i < Math.min(size, TRIES); i++) {
      const port = ports.first + ((begin + i) % size);
      if (taken.has(port) || !(await isFree(port, listen))) continue;
      await tx`update endpoints set port = ${port} where id = ${endpointId}`;
      return port;
    }
    throw new PlainError(`no port from ${ports.first} to ${ports.last} is free on ${listen}: widen CELLKEEP_ENDPOINT_PORTS`);
  });
}

/** Without `reusePort`, so that one that hosts of another server share is not taken for free. */
async function isFree(port: number, listen: string): Promise<boolean> {
  const probe = createServer();
  try {
    probe.listen({ port, host: listen, exclusive: true });
    await once(probe, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    if (probe.listening) {
      probe.close();
      await once(probe, 'close');
    }
  }
}
