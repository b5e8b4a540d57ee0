import type { Db } from '../../core/context.ts';

/** Lines of one endpoint that are kept. */
export const MOST_LINES = 5_000;

export interface HostLine {
  stream: 'out' | 'err' | 'host';
  text: string;
}

export async function writeLines(db: Db, endpointId: string, host: string, lines: readonly HostLine[], now: number): Promise<void> {
  if (lines.length === 0) return;
  await db`
    insert into host_lines (endpoint_id, at, host, stream, text)
    select ${endpointId}, ${new Date(now)}, ${host}, l.stream, l.text
    from unnest(${lines.map(({ stream }) => stream)}::text[], ${lines.map(({ text }) => text.replaceAll('\u0000', '\ufffd'))}::text[])
      with ordinality as l (stream, text, place)
    where exists (select from endpoints where id = ${endpointId}) order by l.place`;
}

/** Of each endpoint the newest stay. */
export async function dropOldLines(db: Db): Promise<void> {
  await db`
    delete from host_lines l using (
      select endpoint_id, (array_agg(seq order by seq desc))[${MOST_LINES}] as oldest from host_lines
      group by endpoint_id having count(*) > ${MOST_LINES}
    ) o where l.endpoint_id = o.endpoint_id and l.seq < o.oldest`;
}
