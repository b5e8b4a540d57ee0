import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { testServer } from '../../testing/index.ts';
import { bundleOfModel, folderOfModel, registerModel, rowsOfModel, storeModel } from '../testModels.ts';
import { PYTHON, storeWild, WILD_FILES, wildBundle } from '../testWild.ts';
import { RowsRefused, type ScoredRows, type Scorer } from './scorer.ts';
import { createScorerPool, type ScorerPool } from './scorerPool.ts';

const server = testServer({ env: { CELLKEEP_VERIFY: 'off' } });
let [flights, wild, bare] = ['', '', ''];
let pool: ScorerPool;

const poolWith = (more: object = {}) =>
  createScorerPool(server().services, { cache: join(server().home, 'models'), python: PYTHON, timeLimit: 3_000, memoryMiB: 350, ...more });

beforeAll(async () => {
  flights = await storeModel(server(), 'carriers', { change: (one) => ({ ...one, background: 'example.json' }) });
  bare = await storeModel(server(), 'carriers', { hasBundle: false });
  wild = await storeWild(server());
  pool = poolWith();
}, 60_000);
afterAll(() => pool.stop());

const ask = <T>(id: string, use: (scorer: Scorer) => Promise<T>) => pool.withScorer(id, use);
const askWild = (...what: string[]) =>
  ask(wild, (scorer) => scorer.predict({ columns: ['do', 'count', 'share', 'is_new', 'day'], data: what.map((one) => [one, 1, 0.5, true, null].map((value) => value ?? '2026-01-01')) })); // biome-ignore format: one line
/** A server of its own, which is killed. */
const SERVER = `
import { readFileSync } from 'node:fs';
const { path, entry, task, scratch } = JSON.parse(readFileSync(0, 'utf8'));
const { startScorerChild } = await import(path);
const child = startScorerChild(task, { entry, scratch, say: () => {} });
await child.ready;
const rows = { columns: ['do', 'count', 'share', 'is_new', 'day'], data: [['stubborn', 1, 0.5, true, '2026-01-01']] };
void child.ask({ kind: 'predict', rows });
setTimeout(() => console.log(child.pid), 100);
`;

const isThere = (pid: number) => {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

describe('a scorer', { timeout: 60_000 }, () => {
  const rows = rowsOfModel('carriers');

  test('gives the outputs of the signature and a score for each class, in a process of its own', async () => {
    const answer = await ask(flights, (scorer) => scorer.predict(rows));
    expect(answer.columns).toEqual(['label', 'score:late', 'score:on time']);
    const { labels, scores } = JSON.parse(readFileSync(join(folderOfModel('carriers'), 'answers.json'), 'utf8'));
    expect(answer.data.map(([label]) => label)).toEqual(labels);
    answer.data.forEach(([, late], row) => {
      expect(late).toBeCloseTo(scores[row][0], 5);
    });
    expect(answer.latencyUs).toBeGreaterThan(0);
    expect(pool.pids().some((pid) => pid !== process.pid && isThere(pid))).toBe(true);
  });

  test('loads what was registered, whatever lies in its place since', async () => {
    const id = await storeModel(server(), 'carriers');
    await registerModel(server(), 'as registered', id);
    const { sql } = server().database;
    const { count } = await sql`
      update files set digest = (select digest from files where path like ${`%${bare}%example.json`})
      where path like ${`%${id}%model.onnx`}`;
    expect(count).toBe(1);
    const before = await ask(flights, (scorer) => scorer.predict(rows));
    expect((await ask(id, (scorer) => scorer.predict(rows))).data).toEqual(before.data);
  });

  test('finds columns by their names, and tells each value that does not fit', async () => {
    const [first] = rows.data;
    const turned: ScoredRows = { columns: [...rows.columns].reverse(), data: [[...(first as unknown[])].reverse()] };
    const [plain, other] = await ask(
      flights,
      async (scorer) => [await scorer.predict({ ...rows, data: [first as unknown[]] }), await scorer.predict(turned)] as const,
    );
    expect(other.data).toEqual(plain.data);
    const wrong = ask(flights, (scorer) => scorer.predict({ columns: rows.columns, data: [first as unknown[], ['AA', 'far', null]] }));
    await expect(wrong).rejects.toThrow(RowsRefused);
    await expect(wrong).rejects.toMatchObject({ issues: [{ field: 'data[1].distance', reason: 'is "far", and must be an integer' }] });
  });

  test('explains a row: contributions of the columns sum to what is answered', async () => {
    const found = await ask(flights, (scorer) => scorer.explain(rows, 0, 'late'));
    const sum = found.contributions.reduce((all, { contribution }) => all + (contribution as number), found.base as number);
    expect(found.contributions.map(({ name }) => name)).toEqual(bundleOfModel('carriers').signature.inputs.map(({ name }) => name));
    expect(sum).toBeCloseTo(found.value as number, 6);
    await expect(ask(flights, (scorer) => scorer.explain(rows, 0, 'never'))).rejects.toThrow('"never" is no class of this model');
  });

  test('of a model in Python answers, and says what its code raises', async () => {
    expect((await askWild('a', 'count')).data).toHaveLength(2);
    await expect(askWild('raise')).rejects.toMatchObject({
      name: 'ModelFailure',
      message: 'predict raised ValueError: no rows on Sundays',
    });
  });

  test('whose model crashes, or goes on for ever, says so and answers the next question', async () => {
    await expect(askWild('crash')).rejects.toMatchObject({ isGone: true, message: expect.stringContaining('segmentation fault') });
    await expect(askWild('stubborn')).rejects.toThrow(/did not answer within 3000 ms|did not answer within 3 s/);
    expect((await askWild('a')).data).toHaveLength(1);
  });

  test('that takes more memory than it may is ended; another is started for who asks next', async () => {
    await expect(askWild('eat')).rejects.toMatchObject({ isGone: true, message: expect.stringContaining('more than the 350 MiB') });
    expect((await askWild('a')).data).toHaveLength(1);
  });

  test('whose process is killed is replaced', async () => {
    await ask(flights, (scorer) => scorer.predict(rows));
    const before = pool.pids();
    for (const pid of before) process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(pool.pids()).toEqual([]), 10_000);
    expect(before.some(isThere)).toBe(false);
    expect((await ask(flights, (scorer) => scorer.predict(rows))).data).toHaveLength(rows.data.length);
  });

  test('of a model without a bundle, or of Python where none may run, says what to do', async () => {
    await expect(ask(bare, (scorer) => scorer.predict(rows))).rejects.toThrow(
      'has no bundle, so nothing says how it is asked; promote it to make one',
    );
    const without = poolWith({ python: '', pythonOff: 'no Python runs here' });
    await expect(without.withScorer(wild, (scorer) => scorer.predict(rows))).rejects.toThrow('no Python runs here');
    await without.stop();
  });

  test('ends when nobody asks it any more, and when another is wanted and there is no more room', async () => {
    const small = poolWith({ atOnce: 1, idle: 200 });
    const [first, second] = await Promise.all([
      small.withScorer(flights, (scorer) => scorer.predict(rows).then(() => small.pids())),
      small.withScorer(wild, async () => small.pids()),
    ]);
    expect([first?.length, second?.length]).toEqual([1, 1]);
    expect(second).not.toEqual(first);
    await vi.waitFor(() => expect([...(first ?? []), ...(second ?? [])].some(isThere)).toBe(false), { timeout: 10_000 });
    await small.stop();
  });

  test('ends with its server, also when that is killed and the model listens to nothing', async () => {
    const home = server().home;
    const folder = join(home, 'wild');
    mkdirSync(join(folder, 'modules'), { recursive: true });
    for (const [name, text] of Object.entries(WILD_FILES)) writeFileSync(join(folder, name), text);
    const of = (file: string) => fileURLToPath(new URL(file, import.meta.url));
    const task = { bundle: wildBundle(), folder, python: PYTHON, memoryMiB: 700, timeLimit: 60_000, cache: join(home, 'models') };
    const killed = spawn(process.execPath, ['--input-type=module', '--eval', SERVER], { stdio: ['pipe', 'pipe', 'inherit'] });
    killed.stdin.end(JSON.stringify({ path: of('./scorerChild.ts'), entry: of('./cellkeep-scorer.ts'), task, scratch: home }));
    const [line] = (await once(killed.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(isThere(pid)).toBe(true);
    killed.kill('SIGKILL');
    await vi.waitFor(() => expect(isThere(pid)).toBe(false), { timeout: 10_000 });
  });
});
