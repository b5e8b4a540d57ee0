/**
 * One server at a time on one home with an embedded Postgres.
 *
 * The lock is a socket in Linux's abstract namespace: taking it is atomic, and the kernel lets go of it when the process ends, however it
 * ends. A lock file would have to be told apart from one that a killed process left. Whoever comes second asks the socket who holds it.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { codeOf } from './plainError.ts';

/** What the holder tells about itself. `url` is empty until it listens. */
export interface Holder {
  pid: number;
  url: string;
}

export interface HomeLock {
  /** Tells later callers where this server listens. */
  announce: (url: string) => void;
  release: () => Promise<void>;
}

/** Takes the lock, or tells who has it. `home` is an absolute path without links. */
export async function lockHome(home: string): Promise<HomeLock | Holder> {
  const path = `\0cellkeep-${createHash('sha256').update(home).digest('hex')}`;
  const holder: Holder = { pid: process.pid, url: '' };
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(JSON.stringify(holder), () => socket.destroy()); // not waiting for theirs: it would hold up `release`
  });
  server.listen(path);
  try {
    await once(server, 'listening');
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') throw error;
    return askHolder(path);
  }
  server.unref();
  return {
    announce: (url) => {
      holder.url = url;
    },
    release: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}

export function isLock(value: HomeLock | Holder): value is HomeLock {
  return 'release' in value;
}

async function askHolder(path: string): Promise<Holder> {
  const socket = connect({ path, timeout: 1_000 });
  let text = '';
  try {
    socket.on('timeout', () => socket.destroy());
    for await (const chunk of socket) text += String(chunk);
    const { pid, url } = JSON.parse(text) as Holder;
    return { pid, url };
  } catch {
    return { pid: 0, url: '' }; // it ends just now, or hangs
  }
}
