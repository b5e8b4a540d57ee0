import { expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';
import { codeOf, userWith } from './testUsers.ts';

const server = testServer();
const NOBODY = '00000000-0000-4000-8000-000000000000';
const VIEW = { name: 'best of the week', state: 'filter=metrics.auc%20%3E%200.8&sort=-metrics.auc' };

test('a view comes back as it was kept, with its maker', async () => {
  const { user, client } = await userWith(server(), 'editor', 'Ada');
  const made = await client.collaboration.views.create({ ...VIEW, experimentId: '0' });
  expect(made).toMatchObject({ ...VIEW, experimentId: '0', shared: false, userId: user.id, userName: 'Ada' });
  expect((await client.collaboration.views.list({})).views).toEqual([made]);
});

test('own views and shared ones are listed by name; somebody else’s private one is nowhere', async () => {
  const [one, two] = [await userWith(server(), 'editor'), await userWith(server(), 'editor')];
  await one.client.collaboration.views.create({ ...VIEW, name: 'b of one' });
  await one.client.collaboration.views.create({ ...VIEW, name: 'c of one, for all', shared: true });
  await two.client.collaboration.views.create({ ...VIEW, name: 'a of two' });
  const seen = async (client: typeof one.client) => (await client.collaboration.views.list({})).views.map(({ name }) => name);
  expect(await seen(one.client)).toEqual(['b of one', 'c of one, for all']);
  expect(await seen(two.client)).toEqual(['a of two', 'c of one, for all']);
  expect(await seen(server().client)).toEqual(['c of one, for all']);
});

test('of one experiment: its own views and those for all experiments', async () => {
  const { client } = await userWith(server(), 'editor');
  const { id } = await client.tracking.experiments.create({ name: 'other' });
  await client.collaboration.views.create({ ...VIEW, name: 'mine: everywhere' });
  await client.collaboration.views.create({ ...VIEW, name: 'mine: here', experimentId: id });
  await client.collaboration.views.create({ ...VIEW, name: 'mine: there', experimentId: '0' });
  const { views } = await client.collaboration.views.list({ experimentId: id });
  expect(views.map(({ name }) => name).filter((name) => name.startsWith('mine'))).toEqual(['mine: everywhere', 'mine: here']);
});

test('pages hold every view once, also where names are equal', async () => {
  const { client } = await userWith(server(), 'editor');
  for (let i = 0; i < 5; i++) await client.collaboration.views.create({ ...VIEW, name: 'same' });
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof client.collaboration.views.list>> = await client.collaboration.views.list({
      limit: 2,
      ...(cursor ? { cursor } : {}),
    });
    ids.push(...page.views.filter(({ name }) => name === 'same').map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor);
  expect(new Set(ids).size).toBe(5);
  expect(ids).toHaveLength(5);
});

test('its maker changes a view; another editor may not, an owner may', async () => {
  const [maker, other] = [await userWith(server(), 'editor', 'Maker'), await userWith(server(), 'editor')];
  const { id } = await maker.client.collaboration.views.create({ ...VIEW, shared: true });
  expect(await codeOf(other.client.collaboration.views.update({ id, name: 'taken' }))).toBe('FORBIDDEN id');
  expect(await codeOf(other.client.collaboration.views.delete({ id }))).toBe('FORBIDDEN id');
  expect(await maker.client.collaboration.views.update({ id, state: 'show=deleted' })).toMatchObject({
    name: VIEW.name,
    state: 'show=deleted',
  });
  expect(await server().client.collaboration.views.update({ id, name: 'by the owner' })).toMatchObject({ userName: 'Maker', shared: true });
  expect(await maker.client.collaboration.views.delete({ id })).toEqual({ deleted: true });
  expect(await codeOf(maker.client.collaboration.views.delete({ id }))).toBe('NOT_FOUND id');
});

test('a private view of somebody else is not there, for an owner neither', async () => {
  const { client } = await userWith(server(), 'editor');
  const { id } = await client.collaboration.views.create(VIEW);
  expect(await codeOf(server().client.collaboration.views.update({ id, name: 'x' }))).toBe('NOT_FOUND id');
});

test('a viewer keeps views of their own, and shares none', async () => {
  const { client } = await userWith(server(), 'viewer');
  const { id } = await client.collaboration.views.create(VIEW);
  expect(await codeOf(client.collaboration.views.update({ id, shared: true }))).toBe('FORBIDDEN');
  expect(await codeOf(client.collaboration.views.create({ ...VIEW, shared: true }))).toBe('FORBIDDEN');
});

test.each<[string, object, string]>([
  ['an empty name', { name: '  ' }, 'BAD_REQUEST name'],
  ['a name of two lines', { name: 'a\nb' }, 'BAD_REQUEST name'],
  ['a name that is too long', { name: 'x'.repeat(251) }, 'BAD_REQUEST name'],
  ['a state that begins with ?', { state: '?filter=a' }, 'BAD_REQUEST state'],
  ['a state that leaves the page', { state: '//evil.example/' }, 'BAD_REQUEST state'],
  ['a state with a fragment', { state: 'a=b#c' }, 'BAD_REQUEST state'],
  ['a state that no address can hold', { state: 'x'.repeat(16_001) }, 'BAD_REQUEST state'],
  ['an experiment that is not there', { experimentId: '999999' }, 'NOT_FOUND experimentId'],
  ['an experiment that is none', { experimentId: "0' or 1=1" }, 'BAD_REQUEST experimentId'],
])('%s is refused with its field and keeps nothing', async (_what, change, code) => {
  const { client } = await userWith(server(), 'editor');
  const count = async () => (await client.collaboration.views.list({})).views.length;
  const before = await count();
  expect(await codeOf(client.collaboration.views.create({ ...VIEW, ...change }))).toBe(code);
  expect(await count()).toBe(before);
});

test('a view that is not there is NOT_FOUND', async () => {
  expect(await codeOf(server().client.collaboration.views.update({ id: NOBODY, name: 'x' }))).toBe('NOT_FOUND id');
});

test('the log tells of each change, and of a private view not even its name', async () => {
  const { client } = await userWith(server(), 'editor');
  const { id } = await client.collaboration.views.create({ ...VIEW, name: 'what I am after' });
  await client.collaboration.views.update({ id, shared: true });
  const { events } = await server().client.governance.events({ subject: `view:${id}` });
  expect(events.map(({ what, data }) => [what, data])).toEqual([
    ['view.updated', { shared: true, name: 'what I am after' }],
    ['view.created', { shared: false }],
  ]);
});
