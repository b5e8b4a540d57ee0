/** The host's own connections to Postgres: few, since hosts are many. */
import type { Sql } from 'postgres';
import { postgres } from '../../core/driver.ts';

/**
 * @param databaseUrl postgres://…; a folder with a socket stands as `?host=/folder`, since a URL has no place for it
 */
export function connectTo(databaseUrl: string): Sql {
  const url = new URL(databaseUrl);
  const folder = url.searchParams.get('host');
  url.searchParams.delete('host');
  return postgres(url.href, {
    ...(folder === null ? {} : { host: folder, port: Number(url.port || 5432) }),
    max: 2,
    connect_timeout: 5,
    backoff: (attempt: number) => Math.min(0.05 * 2 ** attempt, 1),
    connection: { application_name: 'cellkeep host' },
    onnotice: () => {},
  });
}
