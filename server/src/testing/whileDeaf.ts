import type { Sql } from 'postgres';

/** ms; less than a test may take, so that Postgres is as it was before the next one */
const LONGEST = 30_000;

/**
 * Whoever listens to this database hears nothing while the work is done, however fast the machine is: the processes of Postgres that tell
 * them stand still, and tell it all afterwards. Work that waits for them is broken off.
 */
export async function whileDeaf<T>(sql: Sql, work: () => Promise<T>): Promise<T> {
  const telling = await sql<{ pid: number }[]>`
    select pid from pg_stat_activity where datname = current_database() and query ilike 'listen%'`;
  if (telling.length === 0) throw new Error('nobody listens to this database');
  const tooLong = Promise.withResolvers<never>();
  const timer = setTimeout(() => tooLong.reject(new Error(`the work waits for a notice, or takes more than ${LONGEST} ms`)), LONGEST);
  try {
    for (const { pid } of telling) process.kill(pid, 'SIGSTOP');
    return await Promise.race([work(), tooLong.promise]);
  } finally {
    clearTimeout(timer);
    for (const { pid } of telling) goOn(pid);
  }
}

function goOn(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // it has ended; the others must go on all the same
  }
}
