// What a team agreed on: evaluation sets, evaluations, the gate, approvals. The model that answers is a sum that this file writes.
import type { EvaluationMetric } from '@cellkeep/schema/registry';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { ServerOptions } from '../../main.ts';
import { testServer } from '../../testing/index.ts';
import { refusal } from '../../testing/refusal.ts';
import { FLIGHTS, modelWithBundle } from '../testModels.ts';

/** By logged model: from which distance on it says "late". */
const LIMITS = new Map<string, number>();
const seen: { columns: string[] }[] = [];

const askModel: ServerOptions['askModel'] = (id, use) =>
  use({
    async predict({ columns, data }) {
      seen.push({ columns });
      const limit = LIMITS.get(id) ?? 0;
      if (limit < 0) throw new Error('the worker ended: out of memory\0');
      const answers = data.map((row) => {
        const late = Number(row[columns.indexOf('distance')]) >= limit;
        return [late ? 'late' : 'on time', late ? 0.9 : 0.2, late ? 0.1 : 0.8];
      });
      return { columns: ['prediction', 'score:late', 'score:on time'], data: answers, latencyUs: 120 };
    },
    explain: () => Promise.reject(new Error('nobody is to ask why here')),
  });

const server = testServer({ askModel });
const registry = () => server().client.registry;
const setId = () => crypto.randomUUID();
const eventsOf = async (name: string, what: string) =>
  (await server().client.governance.events({ what })).events.filter(({ data }) => data.name === name);

const METRICS: EvaluationMetric[] = ['accuracy', 'roc_auc'];
/** Late from 500 on; the rows of UA are wrong for a model with another limit. */
const ROWS = {
  columns: ['distance', 'carrier', 'late'],
  data: [100, 300, 450, 500, 700, 900].flatMap((distance) => [
    [distance, 'AA', distance >= 500 ? 'late' : 'on time'],
    [distance + 20, 'UA', distance >= 500 ? 'late' : 'on time'],
  ]),
  label: 'late',
};
const SLICES = [{ name: 'UA', column: 'carrier', equals: ['UA'] }];

let made = 0;
/** A registered model with a set and versions that say "late" from these distances on. */
async function model(...limits: number[]) {
  const name = `flights ${++made}`;
  await registry().models.create({ name });
  for (const limit of limits) {
    const id = await modelWithBundle(server());
    LIMITS.set(id, limit);
    await registry().versions.create({ name, loggedModelId: id });
  }
  const id = setId();
  await registry().evaluationSets.put({ id, modelName: name, name: 'january', ...ROWS, metrics: METRICS, slices: SLICES });
  return { name, set: id };
}

async function evaluate(name: string, set: string, version: number) {
  const { id } = await registry().evaluations.start({ setId: set, version });
  return vi.waitFor(
    async () => {
      const found = (await registry().evaluations.list({ name, version })).evaluations.find((one) => one.id === id);
      if (found?.status !== 'done' && found?.status !== 'failed') throw new Error(`it is ${found?.status}`);
      return found;
    },
    { timeout: 30_000 },
  );
}

const GATE = { stages: ['Production' as const], aliases: ['champion'], approvals: 0, revision: 0 };
const putGate = (name: string, set: string, change: object = {}) =>
  registry().gates.put({
    ...{ name, ...GATE },
    rules: [{ setId: set, metric: 'accuracy', slices: [], against: { alias: 'champion' }, maxWorse: 0.05 }],
    ...change,
  });

describe('an evaluation set', () => {
  test('keeps its rows once, and stays as it is once a version was asked with it', async () => {
    const { name, set } = await model(500);
    const [stored] = (await registry().evaluationSets.list({ name })).sets;
    expect(stored).toMatchObject({ id: set, name: 'january', rows: 12, label: 'late', metrics: METRICS, slices: SLICES });
    const rows = { modelName: name, ...ROWS, metrics: METRICS, slices: SLICES };
    const other = await registry().evaluationSets.put({ id: setId(), name: 'again', ...rows });
    expect(other.digest).toBe(stored?.digest);
    await registry().evaluationSets.put({ id: set, name: 'january', ...rows, metrics: ['f1'] });
    await registry().evaluationSets.put({ id: set, name: 'january', ...rows });
    await evaluate(name, set, 1);
    expect(await refusal(registry().evaluationSets.put({ id: set, name: 'january', ...rows, metrics: ['f1'] }))).toEqual([
      'CONFLICT',
      'id',
    ]);
    await registry().evaluationSets.put({ id: set, name: 'january', ...rows });
    expect(await refusal(registry().evaluationSets.put({ id: setId(), name: 'january', ...rows }))).toEqual(['CONFLICT', 'name']);
    const { sql } = server().services;
    const { evaluationSetReferences } = await import('../evaluate/sets.ts');
    expect(await evaluationSetReferences(sql)([stored?.digest ?? '', '0'.repeat(64)])).toEqual([stored?.digest]);
  });

  test.each<[string, object, string]>([
    ['a label that is no column', { label: 'delay' }, 'label'],
    [
      'a row that is too short',
      {
        data: [
          [1, 'AA', 'late'],
          [2, 'AA'],
        ],
      },
      'data[1]',
    ],
    ['a true answer that is missing', { data: [[1, 'AA', null]] }, 'data[0][2]'],
    ['a text to be measured as a number', { metrics: ['rmse'] }, 'data[0][2]'],
    ['a slice of a column that is not there', { slices: [{ name: 'x', column: 'gate', equals: [1] }] }, 'slices[0].column'],
    ['a slice of everything', { slices: [{ name: 'x', column: 'carrier' }] }, 'slices[0]'],
    ['a name that Postgres cannot keep', { name: 'jan\0uary' }, 'name'],
    ['a column that it cannot keep', { columns: ['distance', '\ud83d', 'late'] }, 'columns[1]'],
    ['a slice that it cannot keep', { slices: [{ name: '\udc00', column: 'carrier', equals: ['UA'] }] }, 'slices[0].name'],
    ['a value of a slice that it cannot keep', { slices: [{ name: 'x', column: 'carrier', equals: [1, '\0'] }] }, 'slices[0].equals[1]'],
    ['a column twice', { columns: ['distance', 'late', 'late'] }, 'columns'],
  ])('is refused with %s', async (_, change, field) => {
    const { name } = await model();
    const put = registry().evaluationSets.put({
      id: setId(),
      modelName: name,
      name: 'other',
      ...ROWS,
      metrics: METRICS,
      slices: [],
      ...change,
    });
    expect(await refusal(put)).toEqual(['BAD_REQUEST', field]);
  });
});

describe('an evaluation', () => {
  test('asks all rows with the columns of the signature alone, and measures all rows and each slice', async () => {
    const { name, set } = await model(500, 460);
    const first = await evaluate(name, set, 1);
    expect(first).toMatchObject({ status: 'done', setName: 'january', latencyUs: 120, error: null });
    expect(first.results).toContainEqual({ slice: null, metric: 'accuracy', value: 1, rows: 12 });
    const { results } = await evaluate(name, set, 2);
    expect(results).toContainEqual({ slice: null, metric: 'accuracy', value: 11 / 12, rows: 12 });
    expect(results).toContainEqual({ slice: 'UA', metric: 'accuracy', value: 5 / 6, rows: 6 });
    expect(seen.at(-1)?.columns).toEqual(['distance', 'carrier']);
    // Forty times over: of so few rows as before nothing could be said of a part. Postgres can keep neither sign that the carrier begins with.
    const carrier = `\0\ud800${'x'.repeat(197)}😀😀`;
    const data = ROWS.data.map(([distance, name, late]) => [distance as number, name === 'UA' ? carrier : 'AA', late as string]);
    const many = { ...ROWS, data: Array.from({ length: 40 }, () => data).flat() };
    const large = setId();
    await registry().evaluationSets.put({ id: large, modelName: name, name: 'forty times', ...many, metrics: METRICS, slices: [] });
    const slice = `carrier = \u{fffd}\u{fffd}${'x'.repeat(197)}😀…`;
    const worst = { slice, column: 'carrier', metric: 'accuracy', value: 5 / 6, whole: 11 / 12, rows: 240 };
    const asked = await evaluate(name, large, 2);
    expect(asked.error).toBeNull();
    expect(asked.worst).toContainEqual({ ...worst, worse: expect.closeTo(1 / 12, 12) });
    expect((await eventsOf(name, 'evaluation.done')).map(({ data }) => data.version)).toEqual([2, 2, 1]);
  });

  test('of a model that cannot answer ends with the reason, and can be asked for again', async () => {
    const { name, set } = await model(-1);
    expect(await evaluate(name, set, 1)).toMatchObject({
      status: 'failed',
      error: 'the worker ended: out of memory\u{fffd}',
      results: [],
      worst: [],
    });
    const [id] = [...LIMITS.keys()].slice(-1);
    LIMITS.set(id ?? '', 500);
    expect((await evaluate(name, set, 1)).status).toBe('done');
  });

  test('whose server was lost is begun anew, and given up after three beginnings', async () => {
    const { name, set } = await model(500, 500);
    const { sql } = server().services;
    const [user] = await sql<{ id: string; workspace: string; model: string }[]>`
      select u.id, u.workspace_id as workspace, m.id as model from users u, registered_models m where m.name = ${name} limit 1`;
    const lost = async (version: number, beginnings: number) =>
      sql`
        insert into evaluations (id, workspace_id, set_id, model_id, version, status, results, user_id, at, heartbeat_at, beginnings)
        values (gen_random_uuid(), ${user?.workspace ?? ''}, ${set}, ${user?.model ?? ''}, ${version}, 'running', '[]', ${user?.id ?? ''}, now(),
          now() - interval '2 minutes', ${beginnings})`;
    await lost(1, 1);
    await lost(2, 3);
    const ends = async () => {
      const { evaluations } = await registry().evaluations.list({ name });
      return Object.fromEntries(evaluations.map(({ version, status, error }) => [version, [status, error]]));
    };
    await vi.waitFor(
      async () => expect(await ends()).toEqual({ 1: ['done', null], 2: ['failed', 'its server was lost 3 times while it worked on this'] }),
      { timeout: 15_000 },
    );
  });

  test('is not begun of a version without a bundle, nor with a set that lacks a column', async () => {
    const { name, set } = await model(500);
    await registry().versions.create({ name, source: 's3://bucket/x' });
    expect(await refusal(registry().evaluations.start({ setId: set, version: 2 }))).toEqual(['CONFLICT', 'version']);
    const poor = { columns: ['carrier', 'late'], data: [['AA', 'late']], label: 'late', metrics: METRICS, slices: [] };
    const { id } = await registry().evaluationSets.put({ id: setId(), modelName: name, name: 'poor', ...poor });
    expect(await refusal(registry().evaluations.start({ setId: id, version: 1 }))).toEqual(['CONFLICT', 'setId']);
    expect(await refusal(registry().evaluations.start({ setId: setId(), version: 1 }))).toEqual(['NOT_FOUND', 'setId']);
  });

  test('of another person’s pickle is not begun before that person is named', async () => {
    const { name, set } = await model();
    const id = await modelWithBundle(server(), { ...FLIGHTS, runtime: 'python' });
    await registry().versions.create({ name, loggedModelId: id });
    const author = (await server().client.access.me()).user.name;
    const { evaluations } = server().clientOf(await server().tokenOf('editor')).registry;
    const start = (trustUser?: string) => evaluations.start({ setId: set, version: 1, ...(trustUser && { trustUser }) });
    await expect(start()).rejects.toMatchObject({ data: { issues: [{ field: 'trustUser', reason: expect.stringContaining(author) }] } });
    expect(await refusal(start('somebody else'))).toEqual(['CONFLICT', 'trustUser']);
    expect((await registry().evaluations.list({ name })).evaluations).toEqual([]);
    expect((await start(author)).status).toBe('queued');
  });
});

describe('a gate', () => {
  test('keeps the rows that it asks for, also before any version was asked with them', async () => {
    const { name, set } = await model(500);
    await putGate(name, set);
    const { evaluationSets } = server().clientOf(await server().tokenOf('editor')).registry;
    const same = { id: set, modelName: name, name: 'january', ...ROWS, metrics: METRICS, slices: SLICES };
    expect(await refusal(evaluationSets.put({ ...same, data: ROWS.data.slice(0, 2) }))).toEqual(['CONFLICT', 'id']);
    expect((await evaluationSets.put(same)).rows).toBe(ROWS.data.length);
  });

  test('lets a version that is worse than the champion neither to a stage nor to an alias, by whichever API', async () => {
    const { name, set } = await model(500, 280);
    await putGate(name, set);
    await evaluate(name, set, 1);
    await registry().aliases.set({ name, alias: 'champion', version: 1 });
    expect(await refusal(registry().aliases.set({ name, alias: 'champion', version: 2 }))).toEqual(['FORBIDDEN', 'gate']);
    await evaluate(name, set, 2);
    const check = await registry().gates.check({ name, version: 2 });
    expect(check.passes).toBe(false);
    expect(check.findings[0]?.reason).toMatch(/^accuracy 0\.6667 is 0\.3333 worse than champion \(v1\), 1, on all rows/);
    expect(await refusal(registry().versions.update({ name, version: 2, stage: 'Production' }))).toEqual(['FORBIDDEN', 'gate']);
    expect((await registry().versions.update({ name, version: 2, stage: 'Staging', description: 'not gated' })).stage).toBe('Staging');

    const mlflow = (path: string, body: object) =>
      fetch(`${server().url}/api/2.0/mlflow/${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${server().token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    for (const [path, body] of [
      ['model-versions/transition-stage', { name, version: '2', stage: 'production', archive_existing_versions: true }],
      ['registered-models/alias', { name, version: '2', alias: 'champion' }],
    ] as const) {
      const answer = await mlflow(path, body);
      expect(answer.status).toBe(403);
      const { error_code, message } = (await answer.json()) as { error_code: string; message: string };
      expect([error_code, message]).toEqual([
        'PERMISSION_DENIED',
        expect.stringMatching(/accuracy 0\.6667 is 0\.3333 worse than champion/),
      ]);
    }
    expect(await registry().versions.get({ name, version: 2 })).toMatchObject({ stage: 'Staging', aliases: [] });
    expect((await mlflow('registered-models/alias', { name, version: '2', alias: 'challenger' })).status).toBe(200);
  });

  test('is passed by an owner who says why, which the log keeps; an editor cannot', async () => {
    const { name, set } = await model(500);
    await putGate(name, set);
    const editor = server().clientOf(await server().tokenOf('editor'));
    const move = { name, version: 1, stage: 'Production' as const };
    expect(await refusal(editor.registry.versions.update({ ...move, override: 'hot fix' }))).toEqual(['FORBIDDEN', '']);
    await registry().versions.update({ ...move, override: 'hot fix: the old one crashes' });
    const [event] = await eventsOf(name, 'gate.overridden');
    expect(event?.data).toMatchObject({ version: 1, to: { stage: 'Production' }, reason: 'hot fix: the old one crashes' });
    expect(event?.data.passed).toEqual(['v1 was not asked with "january": start an evaluation']);
    expect((await registry().versions.get({ name, version: 1 })).stage).toBe('Production');
  });

  test('is not opened by an editor who takes the champion away that it compares with', async () => {
    const { name, set } = await model(500, 280);
    await registry().aliases.set({ name, alias: 'champion', version: 1 });
    await putGate(name, set);
    const editor = server().clientOf(await server().tokenOf('editor')).registry;
    expect(await refusal(editor.aliases.delete({ name, alias: 'champion' }))).toEqual(['FORBIDDEN', 'gate']);
    expect(await refusal(editor.versions.delete({ name, version: 1 }))).toEqual(['FORBIDDEN', 'gate']);
    await editor.aliases.set({ name, alias: 'other', version: 2 });
    expect(await editor.aliases.delete({ name, alias: 'other' })).toEqual({ deleted: true });
    await editor.versions.delete({ name, version: 2 });
    expect(await refusal(editor.models.delete({ name }))).toEqual(['FORBIDDEN', 'gate']);
    expect(await refusal(editor.models.update({ name, newName: `${name} aside` }))).toEqual(['FORBIDDEN', 'gate']);
    expect((await editor.models.update({ name, newName: name, description: 'same' })).description).toBe('same');
    expect((await registry().aliases.get({ name, alias: 'champion' })).version).toBe(1);
    await registry().aliases.delete({ name, alias: 'champion' });
  });

  test('is changed by an owner who has read it, and names what is there', async () => {
    const { name, set } = await model();
    expect(await registry().gates.get({ name })).toMatchObject({ rules: [], revision: 0 });
    const editor = server().clientOf(await server().tokenOf('editor'));
    expect(await refusal(editor.registry.gates.put({ name, ...GATE, rules: [] }))).toEqual(['FORBIDDEN', '']);
    const rule = { setId: set, metric: 'accuracy' as const, slices: [], against: { value: 0.9 }, maxWorse: 0 };
    const rules = (change: object) => putGate(name, set, { rules: [{ ...rule, ...change }] });
    expect(await refusal(rules({ setId: setId() }))).toEqual(['BAD_REQUEST', 'rules[0].setId']);
    expect(await refusal(rules({ metric: 'rmse' }))).toEqual(['BAD_REQUEST', 'rules[0].metric']);
    expect(await refusal(rules({ slices: ['UA', 'DL'] }))).toEqual(['BAD_REQUEST', 'rules[0].slices[1]']);
    expect((await rules({})).revision).toBe(1);
    expect(await refusal(rules({}))).toEqual(['CONFLICT', 'revision']);
    expect(await refusal(registry().evaluationSets.delete({ id: set }))).toEqual(['CONFLICT', 'id']);
    await putGate(name, set, { rules: [], revision: 1 });
    expect(await registry().evaluationSets.delete({ id: set })).toEqual({ deleted: true });
    expect(await registry().evaluationSets.delete({ id: set })).toEqual({ deleted: false });
  });
});

describe('an approval', () => {
  test('moves a version when enough others agree, and each step is in the log', async () => {
    const { name, set } = await model(500);
    await putGate(name, set, { rules: [], approvals: 2 });
    expect(await refusal(registry().versions.update({ name, version: 1, stage: 'Production' }))).toEqual(['FORBIDDEN', 'gate']);
    const asked = await registry().approvals.ask({ name, version: 1, to: { stage: 'Production' }, comment: 'for Monday' });
    expect(asked).toMatchObject({ status: 'open', needed: 2, votes: [] });
    expect(await refusal(registry().approvals.vote({ id: asked.id, agrees: true }))).toEqual(['FORBIDDEN', 'id']);
    const viewer = server().clientOf(await server().tokenOf('viewer'));
    expect(await refusal(viewer.registry.approvals.vote({ id: asked.id, agrees: true }))).toEqual(['FORBIDDEN', '']);
    const [one, other] = [server().clientOf(await server().tokenOf('editor')), server().clientOf(await server().tokenOf('editor'))];
    await one.registry.approvals.vote({ id: asked.id, agrees: true });
    expect((await one.registry.approvals.vote({ id: asked.id, agrees: true, comment: 'still' })).status).toBe('open');
    const ended = await other.registry.approvals.vote({ id: asked.id, agrees: true });
    expect(ended).toMatchObject({ status: 'approved', votes: [{ agrees: true, comment: 'still' }, { agrees: true }] });
    expect((await registry().versions.get({ name, version: 1 })).stage).toBe('Production');
    expect(await eventsOf(name, 'approval.approved')).toHaveLength(1);
    expect(await refusal(one.registry.approvals.vote({ id: asked.id, agrees: false }))).toEqual(['CONFLICT', 'id']);
    expect((await registry().approvals.list({ name })).approvals).toEqual([ended]);
  });

  test('that waits only for the gate moves the version once it was measured', async () => {
    const { name, set } = await model(500);
    await putGate(name, set, { approvals: 1 });
    const { id } = await registry().approvals.ask({ name, version: 1, to: { alias: 'champion' } });
    const editor = server().clientOf(await server().tokenOf('editor'));
    const voted = await editor.registry.approvals.vote({ id, agrees: true });
    expect(voted.status).toBe('open');
    expect(voted.message).toContain('v1 was not asked with "january"');
    await evaluate(name, set, 1);
    await vi.waitFor(async () => expect((await registry().approvals.list({ name })).approvals[0]?.status).toBe('approved'), {
      timeout: 10_000,
    });
    expect((await registry().aliases.get({ name, alias: 'champion' })).version).toBe(1);
  });

  test('ends with one refusal, or when whoever asked takes it back', async () => {
    const { name } = await model(500);
    const editor = server().clientOf(await server().tokenOf('editor'));
    const to = { stage: 'Staging' as const };
    const { id } = await registry().approvals.ask({ name, version: 1, to });
    expect(await refusal(registry().approvals.ask({ name, version: 1, to }))).toEqual(['CONFLICT', 'to']);
    expect(await refusal(editor.registry.approvals.withdraw({ id }))).toEqual(['FORBIDDEN', '']);
    expect(await editor.registry.approvals.vote({ id, agrees: false, comment: 'no' })).toMatchObject({ status: 'refused' });
    const again = await editor.registry.approvals.ask({ id: crypto.randomUUID(), name, version: 1, to });
    expect(await editor.registry.approvals.ask({ id: again.id, name, version: 1, to })).toEqual(again);
    expect(await editor.registry.approvals.withdraw({ id: again.id })).toMatchObject({ status: 'withdrawn' });
    expect((await registry().versions.get({ name, version: 1 })).stage).toBe('None');
  });

  test('by two votes at once moves the version once', async () => {
    const { name } = await model(500);
    const { id } = await registry().approvals.ask({ name, version: 1, to: { alias: 'champion' } });
    const tokens = [await server().tokenOf('editor'), await server().tokenOf('editor')];
    const votes = await Promise.allSettled(tokens.map((token) => server().clientOf(token).registry.approvals.vote({ id, agrees: true })));
    expect(votes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await eventsOf(name, 'model-alias.set')).toHaveLength(1);
  });
});

test('who watches models hears of each change, and only of models', async () => {
  const { name, set } = await model(500);
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const { client, close } = await server().connect();
  onTestFinished(close);
  const events = await client.tracking.watch({ models: true }, { signal: abort.signal });
  const heard: unknown[] = [];
  const listening = (async () => {
    for await (const event of events) if (event.type === 'model') heard.push([event.modelName, event.version, event.change]);
  })().catch(() => {});
  await vi.waitFor(async () => {
    await registry().aliases.set({ name, alias: `a${heard.length}-${Date.now()}`, version: 1 });
    expect(heard).toContainEqual([name, 1, 'model-alias.set']);
  }, 10_000);
  await evaluate(name, set, 1);
  await vi.waitFor(() => expect(heard).toContainEqual([name, 1, 'evaluation.done']), 10_000);
  abort.abort();
  await listening;
  expect(FLIGHTS.classes).toContain('late');
});
