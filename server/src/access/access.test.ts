import { expect, test } from 'vitest';
import { type Client, testServer, whileDeaf } from '../testing/index.ts';

const DAY = 24 * 3_600_000;
let ahead = 0;
const server = testServer({ now: () => Date.now() + ahead });

const NOBODY = '00000000-0000-4000-8000-000000000000';
/** A new user of this role, and a client that acts as they. */
async function userWith(role: 'owner' | 'editor' | 'viewer', name = `${role} ${crypto.randomUUID()}`) {
  const { user } = await server().client.access.users.create({ name, role });
  const { token, secret } = await server().client.access.tokens.create({ label: `of ${name}`, userId: user.id });
  return { user, token, secret, client: server().clientOf(secret) };
}
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'OK',
    (error: { code: string; data: { issues: [{ field: string }] } }) => [error.code, error.data.issues[0].field].filter(Boolean).join(' '),
  );

test('me tells who, where and which server', async () => {
  const { user, workspace, server: about } = await server().client.access.me();
  expect({ role: user.role, workspace: workspace.name, version: about.version, startedAt: about.startedAt }).toEqual({
    ...{ role: 'owner', workspace: 'default', version: expect.stringMatching(/^\d+\.\d+\.\d+/) },
    startedAt: server().services.startedAt,
  });
});

test('a user is an editor unless another role is named', async () => {
  const { user } = await server().client.access.users.create({ name: '  Ada  ' });
  expect(user).toMatchObject({ name: 'Ada', role: 'editor', disabled: false });
  const { users } = await server().client.access.users.list();
  expect(users).toContainEqual(user);
});

test('a name that is taken, empty or too long is refused with its field', async () => {
  const create = (name: string) => codeOf(server().client.access.users.create({ name }));
  await create('Grace');
  expect(await Promise.all(['Grace', '   ', 'x'.repeat(251)].map(create))).toEqual([
    'CONFLICT name',
    'BAD_REQUEST name',
    'BAD_REQUEST name',
  ]);
});

test('names in any script, with quotes, tags and SQL, come back as they were given', async () => {
  for (const name of [`Robert'); DROP TABLE users;--`, '<img src=x onerror=alert(1)>', '😀 Зоя', '%_\\']) {
    expect((await server().client.access.users.create({ name })).user.name).toBe(name);
  }
  expect(await codeOf(server().client.access.users.create({ name: 'a\u0000b' }))).toBe('BAD_REQUEST');
});

test.each<[string, (client: Client) => Promise<unknown>]>([
  ['add a user', (client) => client.access.users.create({ name: 'one more' })],
  ['change a user', (client) => client.access.users.update({ id: NOBODY, role: 'owner' })],
  ["make somebody else's token", (client) => client.access.tokens.create({ label: 'x', userId: NOBODY })],
])('only an owner may %s', async (_what, act) => {
  for (const role of ['viewer', 'editor'] as const) expect(await codeOf(act((await userWith(role)).client))).toBe('FORBIDDEN');
});

test('everybody sees and makes own tokens; an owner sees those of all', async () => {
  const [one, two] = [await userWith('viewer'), await userWith('editor')];
  const { token, secret } = await one.client.access.tokens.create({ label: ' laptop ' });
  expect(token).toMatchObject({ userId: one.user.id, userName: one.user.name, label: 'laptop', lastUsedAt: null, expiresAt: null });
  expect(secret.startsWith(token.prefix)).toBe(true);
  const idsSeenBy = async (client: Client) => (await client.access.tokens.list()).tokens.map(({ id }) => id);
  expect((await idsSeenBy(one.client)).sort()).toEqual([one.token.id, token.id].sort());
  expect(await idsSeenBy(two.client)).toEqual([two.token.id]);
  expect(await idsSeenBy(server().client)).toEqual(expect.arrayContaining([one.token.id, two.token.id, token.id]));
});

test('the secret is shown once and stored nowhere', async () => {
  const { secret } = await userWith('viewer');
  expect(JSON.stringify(await server().client.access.tokens.list())).not.toContain(secret);
  const [row] = await server().database
    .sql`select count(*)::int as found from tokens t where to_jsonb(t)::text like ${`%${secret.slice(8)}%`}`;
  const [event] = await server().database
    .sql`select count(*)::int as found from events e where to_jsonb(e)::text like ${`%${secret.slice(8)}%`}`;
  expect([row?.found, event?.found]).toEqual([0, 0]);
});

test('a token works until it is revoked', async () => {
  const { client, token } = await userWith('viewer');
  await client.access.me();
  expect(await client.access.tokens.revoke({ id: token.id })).toEqual({ revoked: true });
  expect(await codeOf(client.access.me())).toBe('UNAUTHORIZED authorization');
  expect(await server().client.access.tokens.revoke({ id: token.id })).toEqual({ revoked: false });
});

test('whoever is told that a right is gone finds it gone, also where the notice of it is late', async () => {
  const [leaving, disabled] = [await userWith('viewer'), await userWith('viewer')];
  for (const { client } of [leaving, disabled]) await client.access.me();
  await whileDeaf(server().database.sql, async () => {
    await server().client.access.tokens.revoke({ id: leaving.token.id });
    expect(await codeOf(leaving.client.access.me())).toBe('UNAUTHORIZED authorization');
    await server().client.access.users.update({ id: disabled.user.id, disabled: true });
    expect(await codeOf(disabled.client.access.me())).toBe('UNAUTHORIZED authorization');
  });
});

test("only an owner revokes somebody else's token", async () => {
  const [one, two] = [await userWith('viewer'), await userWith('editor')];
  expect(await codeOf(two.client.access.tokens.revoke({ id: one.token.id }))).toBe('FORBIDDEN');
  await one.client.access.me();
  expect(await server().client.access.tokens.revoke({ id: one.token.id })).toEqual({ revoked: true });
});

test('a token ends when it said that it would', async () => {
  const { user } = await userWith('viewer');
  const { secret } = await server().client.access.tokens.create({ label: 'short', userId: user.id, expiresAt: Date.now() + DAY });
  const client = server().clientOf(secret);
  await client.access.me();
  ahead = DAY + 1;
  expect(await codeOf(client.access.me())).toBe('UNAUTHORIZED authorization');
  ahead = 0;
});

test('an end in the past is refused', async () => {
  expect(await codeOf(server().client.access.tokens.create({ label: 'late', expiresAt: Date.now() - 1 }))).toBe('BAD_REQUEST expiresAt');
});

test("a token's last use is written down", async () => {
  const { client, token } = await userWith('viewer');
  await client.access.me();
  await expect
    .poll(async () => (await client.access.tokens.list()).tokens.find(({ id }) => id === token.id)?.lastUsedAt)
    .toBeGreaterThan(0);
});

test('a disabled user is out at once, and in again when enabled', async () => {
  const { user, client } = await userWith('editor');
  await client.access.me();
  const { user: disabled } = await server().client.access.users.update({ id: user.id, disabled: true });
  expect(disabled).toMatchObject({ disabled: true, role: 'editor' });
  expect(await codeOf(client.access.me())).toBe('UNAUTHORIZED authorization');
  await server().client.access.users.update({ id: user.id, disabled: false });
  expect(await codeOf(client.access.me())).toBe('OK');
});

test('a changed role counts at once', async () => {
  const { user, client } = await userWith('viewer');
  expect(await codeOf(client.access.users.create({ name: 'not yet' }))).toBe('FORBIDDEN');
  await server().client.access.users.update({ id: user.id, role: 'owner' });
  expect(await codeOf(client.access.users.create({ name: 'now I may' }))).toBe('OK');
});

test('the last owner stays, also where two take the right from each other at the same time', async () => {
  const { user: first } = await server().client.access.me();
  for (const { id, role } of (await server().client.access.users.list()).users) {
    if (role === 'owner' && id !== first.id) await server().client.access.users.update({ id, role: 'editor' });
  }
  const alone = { id: first.id, role: 'editor' as const };
  expect(await codeOf(server().client.access.users.update(alone))).toBe('CONFLICT');
  expect(await codeOf(server().client.access.users.update({ id: first.id, disabled: true }))).toBe('CONFLICT');

  const { user: second, client } = await userWith('owner');
  const results = await Promise.all([
    codeOf(server().client.access.users.update({ id: second.id, role: 'viewer' })),
    codeOf(client.access.users.update(alone)),
  ]);
  expect(results.filter((code) => code === 'OK')).toHaveLength(1);
  const { users } = await client.access.users.list();
  expect(users.filter(({ role, disabled }) => role === 'owner' && !disabled)).toHaveLength(1);
  const sql = server().database.sql; // for the tests that follow, whichever of them won
  await sql`update users set role = 'owner' where id = ${first.id}`;
  await sql`select pg_notify('cellkeep_access', '')`;
});

test('a user that is not there is NOT_FOUND; an id that is none is BAD_REQUEST', async () => {
  expect(await codeOf(server().client.access.users.update({ id: NOBODY, role: 'editor' }))).toBe('NOT_FOUND id');
  expect(await codeOf(server().client.access.users.update({ id: 'x', role: 'editor' }))).toBe('BAD_REQUEST id');
});

test('each change leaves one event with who did it', async () => {
  const { user, token } = await userWith('viewer', 'Traced');
  await server().client.access.users.update({ id: user.id, role: 'editor' });
  await server().client.access.tokens.revoke({ id: token.id });
  const me = (await server().client.access.me()).user.name;
  const of = async (subject: string) => (await server().client.governance.events({ subject })).events.reverse();
  expect((await of(`user:${user.id}`)).map(({ who, what, before, after }) => [who, what, before !== null, after !== null])).toEqual([
    [me, 'user.created', false, true],
    [me, 'user.updated', true, true],
  ]);
  expect((await of(`token:${token.id}`)).map(({ who, what }) => [who, what])).toEqual([
    [me, 'token.created'],
    [me, 'token.revoked'],
  ]);
});

test('a change that is refused leaves no event', async () => {
  const count = async () => (await server().client.governance.events({ limit: 1_000 })).events.length;
  const { client } = await userWith('viewer');
  const before = await count();
  await codeOf(client.access.users.create({ name: 'refused' }));
  await codeOf(server().client.access.users.create({ name: (await client.access.me()).user.name }));
  expect(await count()).toBe(before);
});
