import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { askWild as ask, wildBundle as bundleOf, PYTHON, WILD_FILES } from '../testWild.ts';
import type { LoadedModel, Rows } from './model.ts';
import { createPythonRuntime, type PythonOptions } from './pythonRuntime.ts';

let top: string;
let folder: string;
let lines: string[] = [];
const loadWith = async (more: Partial<PythonOptions> = {}, bundle = bundleOf()): Promise<LoadedModel> => {
  const say: PythonOptions['say'] = (line, stream) => lines.push(`${stream}: ${line}`);
  const options = { python: PYTHON, workers: 1, memoryMiB: 2_048, cache: join(top, 'cache'), say, ...more };
  return createPythonRuntime(options)(bundle, folder);
};
const said = async (model: LoadedModel, ...what: string[]) => (await model.predict(ask(...what))).columns[0] as string[];
const isThere = (pid: number) => {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

beforeAll(() => {
  top = mkdtempSync(join(tmpdir(), 'cellkeep-python-runtime-'));
  folder = join(top, 'model');
  mkdirSync(join(folder, 'modules'), { recursive: true });
  for (const [name, text] of Object.entries(WILD_FILES)) writeFileSync(join(folder, name), text);
});
afterEach(() => {
  lines = [];
});
afterAll(() => rmSync(top, { recursive: true, force: true }));

/** One for all: what has ended is replaced. */
describe('a Python worker', { timeout: 60_000 }, () => {
  let model: LoadedModel;
  beforeAll(async () => {
    vi.stubEnv('CELLKEEP_TOKEN', 'secret');
    vi.stubEnv('DATABASE_URL', 'postgres://secret');
    model = await loadWith({ deadlineMs: () => 2_400, memoryMiB: 250 });
  }, 60_000);
  afterAll(async () => {
    vi.unstubAllEnvs();
    await model.close();
  });

  it('gives the model what a notebook would: types of the signature, and what is missing', async () => {
    expect(await said(model, 'a', 'ü')).toEqual([
      "('a', 0, 0.1, True, '2026-01-31 08:30:00')",
      "('ü', 1, 0.1, True, '2026-01-31 08:30:00')",
    ]);
    const none = Float64Array.of(Number.NaN);
    const missing: Rows = { count: 1, columns: [[null], none, none, none, [null]] };
    const [one] = (await model.predict(missing)).columns[0] as string[];
    expect(one).toMatch(/^\((None|nan), nan, nan, None, 'NaT'\)$/);
    const large: Rows = { ...ask('x'), columns: [['x'], BigInt64Array.of(9_007_199_254_740_993n), ...ask('x').columns.slice(2)] };
    expect((await model.predict(large)).columns[0]).toEqual(["('x', 9007199254740993, 0.1, True, '2026-01-31 08:30:00')"]);
  });

  it('answers requests that wait together with one message, each with its own rows', async () => {
    const answers = await Promise.all(['count', 'b', 'c'].map((what) => said(model, what, what)));
    expect(answers.map((rows) => rows.length)).toEqual([2, 2, 2]);
    expect(answers[0]?.[0]).toBe('6'); // rows that the model saw at once
    const many = await Promise.all(Array.from({ length: 50 }, (_, i) => said(model, `row ${i}`)));
    expect(many.map(([one]) => /row \d+/.exec(one as string)?.[0])).toEqual(Array.from({ length: 50 }, (_, i) => `row ${i}`));
  });

  it('keeps an error of one request from the others that went with it', async () => {
    const results = await Promise.allSettled(['a', 'raise', 'c', 'exit', 'wrong', 'gorge'].map((what) => said(model, what)));
    expect(results.map((result) => (result.status === 'rejected' ? (result.reason as Error).message : 'answered'))).toEqual([
      'answered',
      'predict raised ValueError: no rows on Sundays',
      'answered',
      'predict raised SystemExit: bye',
      'the model gave 4 answers for 1 rows',
      'predict needs more memory than this worker may take',
    ]);
  });

  it('may print as it likes: lines go into the log, a flood is cut, and no answer is harmed', async () => {
    expect(await said(model, 'print')).toHaveLength(1);
    const printed = ['out: to out', 'err: to err', 'out: by number', 'out: from a child'];
    await vi.waitFor(() => expect(lines).toEqual(expect.arrayContaining(printed)));
    expect(await said(model, 'chatter')).toHaveLength(1);
    await vi.waitFor(() => expect(lines.some((line) => line.includes('line 2'))).toBe(true));
    expect(lines.length).toBeLessThan(1_000);
  });

  it('finds nothing of the server in its environment, its arguments and its open files', async () => {
    const file = openSync(join(top, 'secret'), 'w'); // of the server, open while the worker starts
    const own = await loadWith();
    const found = JSON.parse((await said(own, 'surroundings'))[0] as string);
    await own.close();
    closeSync(file);
    expect(Object.keys(found.environment)).toContain('PATH');
    expect(JSON.stringify([found.environment, found.started, found.stdin])).not.toMatch(/CELLKEEP_|DATABASE|TOKEN|secret|npm_/);
    const { 0: stdin, 1: _out, 2: _err, ...others } = found.files as Record<string, string>;
    expect(stdin).toBe('/dev/null');
    expect(Object.values(others)).toEqual([expect.stringMatching(/^socket:/)]); // rows and answers
    expect(found.folder).toMatch(/cache\/worker-/);
    expect(found.mask).toBe(0o077);
    expect(found.limits).toMatch(/Max core file size +0 /);
  });

  it('answers an aborted call at once, and is not ended for it', async () => {
    const [pid] = await said(model, 'pid');
    const aborting = new AbortController();
    const asked = model.predict(ask('sleep'), aborting.signal);
    await new Promise(setImmediate);
    aborting.abort(new Error('the client left'));
    await expect(asked).rejects.toThrow('the client left');
    expect(await said(model, 'pid')).toEqual([pid]);
  });

  it('that crashes or leaves is replaced; who was with it is asked again, who did it is told', async () => {
    const results = await Promise.allSettled(['a', 'crash', 'leave', 'c'].map((one) => said(model, one)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    const failure = (message: RegExp) => ({ reason: { name: 'ModelFailure', isGone: true, message: expect.stringMatching(message) } });
    expect(results[1]).toMatchObject(failure(/it crashed: segmentation fault \(SIGSEGV\)/));
    expect(results[2]).toMatchObject(failure(/it ended itself with exit code 3/));
    expect(lines.filter((line) => /^host: a worker .* is gone: .*; another is started$/.test(line))).toHaveLength(3);
  });

  it('in a loop that lets nothing else run is ended at the deadline; others are answered', async () => {
    const results = await Promise.allSettled([said(model, 'stubborn'), said(model, 'c')]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect((results[0] as PromiseRejectedResult).reason).toMatchObject({ name: 'TimeoutError' });
  });

  it('that takes more memory than it may is ended and named', async () => {
    await expect(said(model, 'eat')).rejects.toMatchObject({ isGone: true, message: expect.stringMatching(/more than the 250 MiB/) });
  });

  it('ends with everything that the model has started, and leaves nothing behind', async () => {
    const two = await loadWith({ workers: 2, batchRows: () => 1 });
    const [sleeper] = await said(two, 'spawn');
    expect(isThere(Number(sleeper))).toBe(true);
    const pids = await Promise.all(['sleep', 'pid', 'sleep', 'pid'].map((what) => said(two, what)));
    expect(pids).toHaveLength(4);
    await two.close();
    await vi.waitFor(() => expect(isThere(Number(sleeper))).toBe(false));
    expect(readdirSync(join(top, 'cache')).filter((name) => name.startsWith('worker-'))).toHaveLength(1); // the other’s
  });
});

const HOST = `
import { readFileSync } from 'node:fs';
const { path, options, bundle, folder } = JSON.parse(readFileSync(0, 'utf8'));
const { createPythonRuntime } = await import(path);
const model = await createPythonRuntime({ ...options, say: () => {} })(bundle, folder);
const columns = [['spawn'], new Float64Array(1), new Float64Array(1), new Float64Array(1), [null]];
const { columns: [[sleeper]] } = await model.predict({ count: 1, columns });
console.log(sleeper);
void model.predict({ count: 1, columns: [['stubborn'], ...columns.slice(1)] });
`;

it('the workers of a host that is killed end with it, whatever they do', { timeout: 60_000 }, async () => {
  const path = fileURLToPath(new URL('./pythonRuntime.ts', import.meta.url));
  const host = spawn(process.execPath, ['--input-type=module', '--eval', HOST], { stdio: ['pipe', 'pipe', 'inherit'] });
  const options = { python: PYTHON, workers: 1, memoryMiB: 2_048, cache: join(top, 'killed') };
  host.stdin.end(JSON.stringify({ path, options, bundle: bundleOf(), folder }));
  const [line] = (await once(host.stdout, 'data')) as [Buffer];
  const sleeper = Number(line.toString());
  expect(isThere(sleeper)).toBe(true);
  host.kill('SIGKILL');
  await vi.waitFor(() => expect(isThere(sleeper)).toBe(false), { timeout: 10_000 });
});

describe('a model that cannot be loaded says why', { timeout: 60_000 }, () => {
  it.each<[string, () => Promise<LoadedModel>, RegExp]>([
    ['no interpreter is known', () => loadWith({ python: '' }), /no interpreter with the package cellkeep is known here/],
    [
      'a package that is not there',
      () => loadWith({}, bundleOf({}, { modules: [], file: 'lost.pkl' })),
      /load raised ModuleNotFoundError.*the package of lost_package/,
    ],
    [
      'a requirement that is no version',
      () => loadWith({}, bundleOf({}, { requirements: ['left-pad @ file:///x'] })),
      /left-pad: it came from a file/,
    ],
    [
      'its own example fails',
      () => loadWith({}, bundleOf({ example: 'bad.json' })),
      /fails on its own example: predict raised ValueError: no rows on Sundays/,
    ],
  ])('%s', async (_, loading, reason) => {
    writeFileSync(join(folder, 'lost.pkl'), 'clost_package\nModel\n(tR.');
    writeFileSync(join(folder, 'bad.json'), JSON.stringify({ columns: ['do'], data: [['raise']] }));
    await expect(loading()).rejects.toMatchObject({ name: 'ModelFailure', message: expect.stringMatching(reason) });
  });
});
