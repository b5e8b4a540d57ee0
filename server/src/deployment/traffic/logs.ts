import type { CallContext } from '../../core/context.ts';
import { requireEndpoint } from '../endpoints/readEndpoints.ts';

interface Line {
  at: Date;
  host: string;
  stream: 'out' | 'err' | 'host';
  text: string;
}

/** The last lines of all its hosts, newest last. */
export async function readLogs({ sql, caller }: CallContext, { name, lines }: { name: string; lines: number }) {
  const endpoint = await requireEndpoint(sql, caller.workspaceId, name);
  const rows = await sql<Line[]>`
    select at, host, stream, text from (
      select seq, at, host, stream, text from host_lines where endpoint_id = ${endpoint.id} order by seq desc limit ${lines}
    ) l order by seq`;
  return { lines: rows.map(({ at, ...line }) => ({ at: at.getTime(), ...line })) };
}
