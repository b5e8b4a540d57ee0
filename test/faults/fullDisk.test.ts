/** The whole home on a small disk of its own: a tmpfs, which only root may mount. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { checkout } from '../e2e/processes.ts';
import { type Failed, points, RealServer, until, valueAt } from './realServer.ts';

const MIB = 1024 * 1024;
const python = join(process.env.CELLKEEP_VENV ?? join(checkout, '.venv'), 'bin/python');

const disk = mkdtempSync(join(tmpdir(), 'cellkeep-faults-disk-'));
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=400m,mode=755', 'none', disk], { encoding: 'utf8' });
const whyNot = mounted.status === 0 ? '' : `no disk can be mounted here: ${mounted.stderr || mounted.error}`;
if (whyNot) console.log(`skipped: ${whyNot}`);
afterAll(() => {
  if (!whyNot) expect(spawnSync('umount', [disk], { encoding: 'utf8' }).stderr).toBe('');
  rmSync(disk, { recursive: true, force: true });
});

const filler = join(disk, 'filler');
const free = () => {
  const { bavail, bsize } = statfsSync(disk);
  return bavail * bsize;
};
/** Fills the disk until this many bytes are left. */
function leave(bytes: number): void {
  rmSync(filler, { force: true });
  const file = openSync(filler, 'w');
  for (const block = Buffer.alloc(MIB); free() > bytes; ) writeSync(file, block, 0, Math.min(block.length, free() - bytes));
  closeSync(file);
}
const makeRoom = () => rmSync(filler, { force: true });

describe.skipIf(whyNot !== '')('on a full disk', () => {
  const server = new RealServer(join(disk, 'home'));
  beforeAll(() => server.start());
  afterAll(() => server.stop());
  beforeEach(makeRoom);

  const refusal = (answer: { status: number; body: unknown; text: string }) => {
    expect(answer.status, answer.text.slice(0, 300)).toBe(507);
    expect(answer.body).toMatchObject({ code: 'INSUFFICIENT_STORAGE', data: { issues: [{ reason: expect.stringContaining('full') }] } });
  };

  test('points are refused before Postgres chokes, what was acknowledged stays, reads go on, and so do writes once there is room', async () => {
    const run = await server.newRun({ name: 'full' });
    const postgres = server.postgresPid();
    leave(110 * MIB);
    let acknowledged = 0;
    const answer = await until('a write is refused', async () => {
      const values = Array.from({ length: 50_000 }, Math.random);
      const series = { ...points('noise', acknowledged, 50_000), values };
      const { status, body, text } = await server.log(run, series);
      if (status === 200) acknowledged += 50_000;
      return status === 200 ? null : { status, body, text };
    });
    refusal(answer);
    const counts = await server.rowCounts();
    refusal(await server.log(run, points('small', 0, 1)));
    refusal(await server.send('POST', '/runs', { name: 'one more' }));
    refusal(await server.send('POST', '/experiments', { name: 'one more' }));
    const batch = { writer: crypto.randomUUID(), seq: 1, records: [{ type: 'points', runId: run, series: [points('small', 0, 1)] }] };
    refusal(await server.send('POST', '/ingest', batch));
    expect(await server.rowCounts(), 'nothing half stored').toEqual(counts);

    expect((await server.history(run, 'noise')).total).toBe(acknowledged);
    expect(await server.ask('GET', `/runs/${run}`)).toMatchObject({ name: 'full' });
    expect(await server.ask('POST', '/runs/search', {})).toMatchObject({ total: 1 });
    expect(server.postgresPid(), 'Postgres was not restarted').toBe(postgres);

    makeRoom();
    await until('writes go on', async () => (await server.log(run, points('small', 0, 1))).status === 200, 5_000);
    expect(await server.ask('POST', '/ingest', batch)).toMatchObject({ duplicate: false });
    expect((await server.history(run, 'small')).values).toEqual([valueAt(0)]);
  });

  test('an upload that does not fit is refused with 507 and leaves no bytes; deleting goes on', async () => {
    const run = await server.newRun();
    const put = (path: string, bytes: Uint8Array) =>
      server.send<Failed>('PUT', `/runs/${run}/artifacts/files/${path}`, bytes, {
        headers: { 'content-type': 'application/octet-stream' },
      });
    expect((await put('kept.bin', Buffer.alloc(MIB, 1))).status).toBe(201);
    leave(120 * MIB);
    const before = free();
    refusal(await put('large.bin', Buffer.alloc(60 * MIB, 2)));
    await until('its bytes are gone', () => free() > before - 8 * MIB, 5_000);
    expect(await server.ask('GET', `/runs/${run}/artifacts`)).toMatchObject({ artifacts: [{ path: 'kept.bin' }] });
    leave(90 * MIB);
    expect(await server.ask('POST', `/runs/${run}/artifacts/delete`, { path: 'kept.bin' })).toEqual({ deleted: true });
    makeRoom();
    await until('it fits', async () => (await put('large.bin', Buffer.alloc(60 * MIB, 2))).status === 201, 5_000);
  });

  test('parts that do not fit are refused with 507, large and small, and leave no bytes; a snapshot is still read', async () => {
    const put = (bytes: Uint8Array) => {
      const digest = createHash('sha256').update(bytes).digest('hex');
      const headers = { 'content-type': 'application/octet-stream' };
      return server.send('PUT', `/parts/${digest}?kind=variable`, bytes, { headers });
    };
    const snapshot = { id: crypto.randomUUID(), reason: 'manual', takenAt: 1 };
    await server.ask('PUT', `/snapshots/${snapshot.id}`, snapshot);
    leave(120 * MIB);
    const before = free();
    refusal(await put(Buffer.alloc(60 * MIB, 3)));
    await until('its bytes are gone', () => free() > before - 8 * MIB, 5_000);
    leave(90 * MIB);
    refusal(await put(Buffer.alloc(100, 3)));
    refusal(await server.send('PUT', `/snapshots/${crypto.randomUUID()}`, { ...snapshot, id: undefined }));
    expect(await server.ask('GET', `/snapshots/${snapshot.id}/cells`)).toEqual({ cells: [], total: 0 });
    makeRoom();
    await until('they fit', async () => (await put(Buffer.alloc(60 * MIB, 3))).status === 201, 5_000);
  });

  test('where somebody else takes the very last byte, Postgres comes back with all that was acknowledged once there is room', async () => {
    const run = await server.newRun();
    expect((await server.log(run, points('loss', 0, 1_000))).status).toBe(200);
    leave(0);
    process.kill(server.postgresPid(), 'SIGKILL');
    await until('the loss is told', async () => [503, 507].includes((await server.log(run, points('loss', 1_000, 10))).status));
    expect((await server.send('GET', `/runs/${run}`)).status, 'no fault of ours').not.toBe(500);
    expect(await server.isAlive()).toBe(true);
    makeRoom();
    await until('it is back', async () => (await server.log(run, points('loss', 1_000, 10))).status === 200);
    const { steps } = await server.history(run, 'loss');
    expect(steps).toEqual(Array.from({ length: 1_010 }, (_, i) => i));
  });

  test("a spool on a full disk raises nothing into the person's code and says so; what fitted is sent", async () => {
    const source = [
      'import cellkeep',
      'from cellkeep.tracker import tracker',
      'run = cellkeep.start_run("spool", experiment="full spool")',
      'run.log({"n": 0}, step=0)',
      'tracker().journal.flush(10)', // this much has room
      'print(run.id, flush=True)',
      'for step in range(1, 200_000): run.log({"n": step, "m": step / 3}, step=step)',
      'run.text("x" * 3_000_000, "large")',
      'cellkeep.flush(5)',
      'print("went on", flush=True)',
    ].join('\n');
    // A disk of its own: the server's is not full.
    const small = mkdtempSync(join(tmpdir(), 'cellkeep-faults-spool-'));
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', small]).status).toBe(0);
    try {
      const settings = { CELLKEEP_URL: server.process.url, CELLKEEP_TOKEN: server.process.token, CELLKEEP_HOME: small };
      const env = { ...process.env, ...settings, CELLKEEP_CONFIG: join(small, 'config.json'), CELLKEEP_EXIT_TIMEOUT: '1' };
      await server.process.kill();
      const { status, stdout, stderr } = spawnSync(python, ['-c', source], { env, encoding: 'utf8', timeout: 60_000 });
      expect([status, stdout.split('\n').at(-2)], stderr).toEqual([0, 'went on']);
      expect(stderr).toMatch(/cannot grow|no disk space/);
      expect(stderr).not.toContain('Traceback');
      const [run = ''] = stdout.split('\n');
      expect(spawnSync('mount', ['-o', 'remount,size=8m', small]).status).toBe(0);
      await server.start();
      const sent = spawnSync(python, ['-m', 'cellkeep', 'sync'], { env, encoding: 'utf8' });
      expect([sent.status, sent.status === 0 ? '' : sent.stderr]).toEqual([0, '']);
      const { steps, values } = await server.history(run, 'n');
      expect(steps.length).toBeGreaterThan(0);
      expect(values).toEqual(steps);
    } finally {
      spawnSync('umount', [small]);
      rmSync(small, { recursive: true, force: true });
    }
  });
});
