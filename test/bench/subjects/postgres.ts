/** A Postgres of the measurements' own: the same programs and settings as our server's, over TCP, a database for each who asks. */
import { mkdirSync } from 'node:fs';
import { pino } from 'pino';
import postgres, { type Sql } from 'postgres';
import { SUPERUSER, startEmbedded } from '../../../server/src/core/postgresEmbedded.ts';
import { freePort } from '../processes.ts';

export interface BenchPostgres {
  pid: number;
  /** host:port, with the user */
  address: string;
  createDatabase: (name: string) => Promise<void>;
  connect: (database: string, max?: number) => Sql;
  stop: () => Promise<void>;
}

const running = new Set<BenchPostgres>();

export async function startPostgres(home: string): Promise<BenchPostgres> {
  mkdirSync(home, { recursive: true });
  const port = await freePort();
  const settings = { listen_addresses: '127.0.0.1', port: String(port), max_connections: '200' };
  const embedded = await startEmbedded({ home, log: pino({ level: 'silent' }), settings });
  const address = `${SUPERUSER}@127.0.0.1:${port}`;
  const pools = new Set<Sql>();
  const connect = (database: string, max = 4) => {
    const sql = postgres(`postgres://${address}/${database}`, { max, onnotice: () => {} });
    pools.add(sql);
    return sql;
  };
  const started: BenchPostgres = {
    pid: embedded.pid(),
    address,
    connect,
    async createDatabase(name) {
      const sql = connect('postgres', 1);
      await sql`create database ${sql(name)}`;
    },
    async stop() {
      running.delete(started);
      await Promise.all([...pools].map((sql) => sql.end({ timeout: 1 })));
      await embedded.stop();
    },
  };
  running.add(started);
  return started;
}

/** Whatever a failed measurement left. */
export async function stopAllPostgres(): Promise<void> {
  await Promise.all([...running].map((one) => one.stop()));
}
