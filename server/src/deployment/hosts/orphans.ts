/**
 * Hosts that a server which died has left: they go on answering. The server that comes after it on the same machine and home finds them by
 * their rows, starts its own beside them on the same port, and lets them end once those are ready.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Sql } from 'postgres';
import type { HostRow } from './hostRows.ts';
import { endHost, removeHosts } from './hostTable.ts';
import { lifeOf, signalLife, signalProcess } from './processLife.ts';

export interface Orphan {
  id: string;
  endpointId: string;
  pid: number;
  life: string;
  /** ms since the epoch after which one that was asked to end is made to; null: it answers. */
  endBy: number | null;
}

/** Those of this machine that live; rows of those that do not are removed. */
export async function findOrphans(sql: Sql, rows: readonly HostRow[], machine: string, log: Logger): Promise<Orphan[]> {
  const own = rows.filter((row) => row.machine === machine);
  const alive = own.filter(({ pid, life }) => life !== '' && lifeOf(pid) === life);
  await removeHosts(
    sql,
    own.filter((row) => !alive.includes(row)).map(({ id }) => id),
  );
  if (alive.length > 0) log.info({ hosts: alive.map(({ id, pid }) => ({ id, pid })) }, 'hosts of an earlier server go on answering');
  return alive.map(({ id, endpointId, pid, life }) => ({ id, endpointId, pid, life, endBy: null }));
}

export const isAlive = ({ pid, life }: Orphan): boolean => lifeOf(pid) === life;

export async function drainOrphan(sql: Sql, orphan: Orphan, patience: number): Promise<void> {
  orphan.endBy = Date.now() + patience;
  await endHost(sql, orphan.id, 'draining', 'another one has taken its place').catch(() => {}); // it ends all the same
  signalLife(orphan.pid, orphan.life, 'SIGTERM');
}

export function killOrphan(orphan: Orphan): void {
  if (isAlive(orphan)) signalProcess(-orphan.pid, 'SIGKILL');
}

/** Waits for its end, and removes its row. */
export async function endOrphan(sql: Sql, orphan: Orphan, patience: number): Promise<void> {
  await drainOrphan(sql, orphan, patience);
  while (isAlive(orphan)) {
    if (Date.now() > (orphan.endBy ?? 0)) killOrphan(orphan);
    await sleep(50);
  }
  await removeHosts(sql, [orphan.id]).catch(() => {}); // the next server finds that its process is gone
}
