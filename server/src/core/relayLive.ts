/**
 * Live changes between the servers of one database, over NOTIFY. While a server is alone it sends a beat now and then and nothing else.
 * What is published within a few milliseconds goes as one notice, cut into parts that NOTIFY takes (8,000 bytes); what is too large for
 * that, or comes while the database is away, is lost to the others, as live changes may be: who asks again sees what is stored.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Sql } from 'postgres';
import type { Live, LiveMessage } from './live.ts';

const CHANNEL = 'cellkeep_live';
/** Characters of one part; all are ASCII. */
const PART = 7_000;
/** Characters of one message: a comment with all that it may hold, or some 3,000 points. */
const MOST = 200_000;
const MOST_GATHERED = 2_000; // messages
/** Notices under way: while the database is away they would gather without end. */
const MOST_SENDING = 50;

export interface RelayOptions {
  /** ms that messages wait for others */
  gatheredFor?: number;
  /** ms between beats; a server of which nothing was heard for three of them is gone */
  beat?: number;
}

interface Notice {
  /** Who sends it. */
  from: string;
  kind: 'beat' | 'bye' | 'messages';
  /** Of several parts, which. */
  part?: number;
  parts?: number;
}

/** The text stands behind the notice, on a line of its own: within it, each of its quotes would take two characters. */
const written = (notice: Notice, text = ''): string => `${JSON.stringify(notice)}\n${text}`;

export interface Relay {
  /** Name of this server among the others. */
  server: string;
  stop: () => Promise<void>;
}

export async function relayLive(sql: Sql, live: Live, log: Logger, { gatheredFor = 20, beat = 10_000 }: RelayOptions = {}): Promise<Relay> {
  const server = randomUUID();
  const heardAt = new Map<string, number>();
  const begun = new Map<string, string[]>();
  /** By what they say: the same run changed twice is told once. */
  let gathered = new Set<string>();
  let timer: NodeJS.Timeout | null = null;
  let sending: Promise<unknown> = Promise.resolve();
  let underWay = 0;

  const notify = (texts: string[]) => {
    if (underWay >= MOST_SENDING) return;
    underWay += 1;
    // One statement: the parts of a notice arrive together and in their order. One after the other, so that notices do as well.
    sending = sending
      .then(() => sql`select pg_notify(${CHANNEL}, said.text) from unnest(${texts}::text[]) with ordinality as said (text, at) order by at`)
      .catch((error: unknown) => log.debug({ err: error }, 'other servers were not told'))
      .finally(() => {
        underWay -= 1;
      });
  };
  const send = () => {
    timer = null;
    const messages = [...gathered];
    gathered = new Set();
    const text = `[${messages.join(',')}]`;
    const parts = Math.ceil(text.length / PART);
    const partOf = (part: number) => written({ from: server, kind: 'messages', part, parts }, text.slice(part * PART, (part + 1) * PART));
    notify(Array.from({ length: parts }, (_, part) => partOf(part)));
  };
  const stopPublishing = live.onAny((message) => {
    if (message.from !== undefined || heardAt.size === 0 || gathered.size >= MOST_GATHERED) return;
    const text = ascii(encode(message));
    if (text.length > MOST) return;
    gathered.add(text);
    timer ??= setTimeout(send, gatheredFor);
  });

  const lose = (other: string) => {
    begun.delete(other);
    if (heardAt.delete(other)) live.tellServer('gone', other);
  };
  const take = (raw: string) => {
    const end = raw.indexOf('\n');
    const { from, kind, part = 0, parts = 1 } = JSON.parse(raw.slice(0, end)) as Notice;
    const text = raw.slice(end + 1);
    if (from === server) return;
    if (kind === 'bye') return lose(from);
    const isNew = !heardAt.has(from);
    heardAt.set(from, Date.now());
    if (isNew) {
      notify([written({ from: server, kind: 'beat' })]);
      live.tellServer('came', from);
    }
    if (kind !== 'messages') return;
    const before = part === 0 ? [] : begun.get(from);
    if (before?.length !== part) return; // its beginning was missed
    before.push(text);
    begun.set(from, before);
    if (part < parts - 1) return;
    begun.delete(from);
    for (const message of decode(before.join(''))) live.publish({ ...message, from });
  };
  const { unlisten } = await sql.listen(
    CHANNEL,
    (raw) => {
      try {
        take(raw);
      } catch (error) {
        log.warn({ err: error }, 'a notice of another server could not be read');
      }
    },
    () => notify([written({ from: server, kind: 'beat' })]), // also after its connection was lost and made again
  );
  const beating = setInterval(() => {
    notify([written({ from: server, kind: 'beat' })]);
    for (const [other, at] of heardAt) if (Date.now() - at > 3 * beat) lose(other);
  }, beat);
  beating.unref();

  return {
    server,
    async stop() {
      stopPublishing();
      clearInterval(beating);
      if (timer) clearTimeout(timer);
      notify([written({ from: server, kind: 'bye' })]);
      // Not for long: where the database is away the others find out by themselves.
      await Promise.race([sending, sleep(1_000, undefined, { ref: false })]);
      await unlisten();
    },
  };
}

const ascii = (json: string) => json.replace(/[\u0080-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Columns of points are float64, which JSON would write as objects with a key for each number. */
function encode(message: LiveMessage): string {
  return JSON.stringify(message, (_key, value: unknown) =>
    value instanceof Float64Array ? { $float64: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') } : value,
  );
}

function decode(text: string): LiveMessage[] {
  return JSON.parse(text, (_key, value: unknown) => {
    const packed = typeof value === 'object' && value !== null && '$float64' in value ? value.$float64 : null;
    if (typeof packed !== 'string') return value;
    const bytes = Buffer.from(packed, 'base64');
    return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  }) as LiveMessage[];
}
