import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { type HomeLock, isLock, lockHome } from './homeLock.ts';

const home = () => `/tmp/cellkeep-lock-${randomUUID()}`;
const take = async (path: string): Promise<HomeLock> => {
  const lock = await lockHome(path);
  if (!isLock(lock)) throw new Error('the lock was taken');
  return lock;
};

test('whoever comes second is told who has the home, and where it listens once it does', async () => {
  const path = home();
  const lock = await take(path);
  expect(await lockHome(path)).toEqual({ pid: process.pid, url: '' });
  lock.announce('http://127.0.0.1:5077');
  expect(await lockHome(path)).toEqual({ pid: process.pid, url: 'http://127.0.0.1:5077' });
  await lock.release();
});

test('of many that come at once, one takes it', async () => {
  const path = home();
  const all = await Promise.all(Array.from({ length: 20 }, () => lockHome(path)));
  const locks = all.filter(isLock);
  expect(locks).toHaveLength(1);
  await locks[0]!.release();
});

test('a released home can be taken again; another home was free all the time', async () => {
  const path = home();
  const other = await take(home());
  await (await take(path)).release();
  await (await take(path)).release();
  await other.release();
});

test('a process that is killed lets go of it', async () => {
  const path = home();
  const script = `import { lockHome } from ${JSON.stringify(new URL('./homeLock.ts', import.meta.url).href)};
    await lockHome(${JSON.stringify(path)}); process.stdout.write('locked'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  expect(await lockHome(path)).toMatchObject({ pid: child.pid });
  child.kill('SIGKILL');
  await once(child, 'exit');
  await (await take(path)).release();
});

test('somebody who asks and never hangs up does not hold up the release', async () => {
  const path = home();
  const lock = await take(path);
  const asker = connect({ path: `\0cellkeep-${createHash('sha256').update(path).digest('hex')}`, allowHalfOpen: true });
  await once(asker.resume(), 'end');
  await lock.release();
  asker.destroy();
});
