import { expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';
import { codeOf, userWith } from './testUsers.ts';

let clock = Date.now();
const server = testServer({ now: () => clock++ });
const NOBODY = '00000000-0000-4000-8000-000000000000';
const reports = () => server().client.collaboration.reports;

test('a report comes back as it was written, character for character', async () => {
  const body = '# Ünïcode 😀\r\n\r\n```cellkeep\nchart: curves\n```\n<script>alert(1)</script>\n';
  const made = await reports().create({ title: '  Week 47  ', body });
  expect(made).toMatchObject({ title: 'Week 47', body, revision: 1, lifecycle: 'active' });
  expect(await reports().get({ id: made.id })).toEqual(made);
});

test('a change says which revision it was made from; a stale one is refused and both sides are named', async () => {
  const [ada, bob] = [await userWith(server(), 'editor', 'Ada L'), await userWith(server(), 'editor', 'Bob')];
  const { id } = await reports().create({ title: 'shared', body: 'one' });
  await ada.client.collaboration.reports.update({ id, revision: 1, body: 'of Ada' });
  const refused = bob.client.collaboration.reports.update({ id, revision: 1, body: 'of Bob' });
  await expect(refused).rejects.toMatchObject({
    code: 'CONFLICT',
    data: { issues: [{ field: 'revision', reason: expect.stringMatching(/^Ada L saved revision 2 at .*made from revision 1$/) }] },
  });
  expect(await reports().get({ id })).toMatchObject({ body: 'of Ada', revision: 2, updatedBy: { name: 'Ada L' } });
  expect(await bob.client.collaboration.reports.update({ id, revision: 2, body: 'of both' })).toMatchObject({ revision: 3 });
});

test('of twenty who save the same revision at once, one wins and nothing of the others is mixed in', async () => {
  const { id } = await reports().create({ title: 'race', body: 'start' });
  const codes = await Promise.all(Array.from({ length: 20 }, (_, i) => codeOf(reports().update({ id, revision: 1, body: `body ${i}` }))));
  expect(codes.filter((code) => code === 'OK')).toHaveLength(1);
  expect(new Set(codes)).toEqual(new Set(['OK', 'CONFLICT revision']));
  expect(await reports().get({ id })).toMatchObject({ revision: 2, body: `body ${codes.indexOf('OK')}` });
});

test('earlier revisions stay, can be read and made the newest again', async () => {
  const { id } = await reports().create({ title: 'first title', body: 'one' });
  await reports().update({ id, revision: 1, body: 'two' });
  await reports().update({ id, revision: 2, title: 'second title' });
  const { revisions } = await reports().revisions.list({ id });
  expect(revisions.map(({ revision, title }) => [revision, title])).toEqual([
    [3, 'second title'],
    [2, 'first title'],
    [1, 'first title'],
  ]);
  expect(await reports().revisions.get({ id, revision: 1 })).toMatchObject({ title: 'first title', body: 'one' });
  expect(await reports().revisions.get({ id, revision: 3 })).toMatchObject({ title: 'second title', body: 'two' });
  expect(await codeOf(reports().revisions.restore({ id, revision: 1, current: 2 }))).toBe('CONFLICT revision');
  expect(await reports().revisions.restore({ id, revision: 1, current: 3 })).toMatchObject({
    title: 'first title',
    body: 'one',
    revision: 4,
  });
  expect((await reports().revisions.list({ id })).revisions).toHaveLength(4);
});

test('revisions come in pages', async () => {
  const { id } = await reports().create({ title: 'long', body: '0' });
  for (let i = 1; i < 5; i++) await reports().update({ id, revision: i, body: String(i) });
  const first = await reports().revisions.list({ id, limit: 3 });
  const second = await reports().revisions.list({ id, limit: 3, cursor: first.nextCursor ?? '' });
  expect([...first.revisions, ...second.revisions].map(({ revision }) => revision)).toEqual([5, 4, 3, 2, 1]);
  expect(second.nextCursor).toBeNull();
});

test('saving what is there already makes no revision', async () => {
  const { id } = await reports().create({ title: 'same', body: 'same' });
  expect(await reports().update({ id, revision: 1, title: 'same', body: 'same' })).toMatchObject({ revision: 1 });
});

test('a deleted report leaves the list, takes no change, and comes back whole', async () => {
  const { id } = await reports().create({ title: 'to go', body: 'kept' });
  expect(await reports().delete({ id })).toMatchObject({ lifecycle: 'deleted' });
  const idsOf = async (lifecycle: 'active' | 'deleted') => (await reports().list({ lifecycle })).reports.map((report) => report.id);
  expect(await idsOf('active')).not.toContain(id);
  expect(await idsOf('deleted')).toContain(id);
  expect(await codeOf(reports().update({ id, revision: 1, body: 'x' }))).toBe('CONFLICT id');
  expect(await reports().restore({ id })).toMatchObject({ lifecycle: 'active', body: 'kept', revision: 1 });
});

test('the list is paged, last changed first, and found by part of title or body', async () => {
  const names = ['alpha needle', 'beta', 'gamma'];
  const made = [];
  for (const title of names) made.push(await reports().create({ title, body: title === 'beta' ? 'a NEEDLE in the body, 100%_' : '' }));
  await reports().update({ id: made[0]?.id ?? '', revision: 1, body: 'changed' });
  const first = await reports().list({ limit: 2 });
  expect(first.reports.map(({ title }) => title)).toEqual(['alpha needle', 'gamma']);
  const second = await reports().list({ limit: 1, cursor: first.nextCursor ?? '' });
  expect(second.reports.map(({ title }) => title)).toEqual(['beta']);
  expect((await reports().list({ text: 'needle' })).reports.map(({ title }) => title)).toEqual(['alpha needle', 'beta']);
  expect((await reports().list({ text: '%_' })).reports.map(({ title }) => title)).toEqual(['beta']);
});

test('a viewer reads and writes nothing', async () => {
  const { client } = await userWith(server(), 'viewer');
  const { id } = await reports().create({ title: 'read me', body: '' });
  const theirs = client.collaboration.reports;
  expect(await theirs.get({ id })).toMatchObject({ title: 'read me' });
  const refused = [
    theirs.create({ title: 'x' }),
    theirs.update({ id, revision: 1, body: 'x' }),
    theirs.delete({ id }),
    theirs.restore({ id }),
    theirs.revisions.restore({ id, revision: 1, current: 1 }),
  ];
  expect(new Set(await Promise.all(refused.map(codeOf)))).toEqual(new Set(['FORBIDDEN']));
});

test.each<[string, () => Promise<unknown>, string]>([
  ['no title', () => reports().create({ title: ' ' }), 'BAD_REQUEST title'],
  ['a body that is too long', () => reports().create({ title: 'x', body: 'x'.repeat(500_001) }), 'BAD_REQUEST body'],
  ['U+0000 in the body', () => reports().create({ title: 'x', body: 'a\u0000b' }), 'BAD_REQUEST'],
  ['an id that is none', () => reports().get({ id: 'x' }), 'BAD_REQUEST id'],
  ['an id of nothing', () => reports().get({ id: NOBODY }), 'NOT_FOUND id'],
  ['a revision below 1', () => reports().update({ id: NOBODY, revision: 0 }), 'BAD_REQUEST revision'],
  ['a cursor of another list', () => reports().list({ cursor: 'abc' }), 'BAD_REQUEST cursor'],
])('%s is refused', async (_what, act, code) => {
  expect(await codeOf(act())).toBe(code);
});

test('each change leaves one event, a refused one none', async () => {
  const { id } = await reports().create({ title: 'traced', body: '' });
  await reports().update({ id, revision: 1, body: 'x' });
  await codeOf(reports().update({ id, revision: 1, body: 'y' }));
  await reports().delete({ id });
  await reports().delete({ id });
  const { events } = await server().client.governance.events({ subject: `report:${id}` });
  expect(events.map(({ what }) => what)).toEqual(['report.deleted', 'report.updated', 'report.created']);
});
