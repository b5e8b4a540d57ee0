import { beforeAll, expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';
import { codeOf, userWith } from './testUsers.ts';

let clock = Date.now();
const server = testServer({ now: () => clock++ });
const NOBODY = '00000000-0000-4000-8000-000000000000';
type Person = Awaited<ReturnType<typeof userWith>>;
let ada: Person;
let bob: Person;
let runId = '';
let subject = '';

beforeAll(async () => {
  ada = await userWith(server(), 'editor', 'Ada Lovelace');
  bob = await userWith(server(), 'editor', 'bob');
  runId = (await server().client.tracking.runs.create({ name: 'spoken of' })).id;
  subject = `run:${runId}`;
});

const say = (who: Person, body: string, on = subject) => who.client.collaboration.comments.create({ subject: on, body });
const inboxOf = (who: Person) => who.client.collaboration.inbox.list({});

test('a comment says who wrote what, newest first', async () => {
  const on = 'experiment:0';
  const first = await say(ada, 'why is **lr** so high?', on);
  const second = await say(bob, 'a typo', on);
  expect(first).toMatchObject({ subject: on, by: { id: ada.user.id, name: 'Ada Lovelace' }, editedAt: null, mentions: [] });
  expect(await server().client.collaboration.comments.list({ subject: on })).toEqual({
    comments: [second, first],
    nextCursor: null,
    total: 2,
  });
});

test('reports are spoken of as well', async () => {
  const { id } = await server().client.collaboration.reports.create({ title: 'a report' });
  await say(bob, 'I disagree, @ada lovelace', `report:${id}`);
  expect((await inboxOf(ada)).mentions[0]).toMatchObject({ subjectName: 'a report', comment: { subject: `report:${id}` } });
});

test('who is mentioned finds it in their inbox, until it is read', async () => {
  const before = (await inboxOf(ada)).unread;
  const { id } = await say(bob, 'look, @Ada Lovelace! and @nobody');
  const { mentions, unread } = await inboxOf(ada);
  expect(unread).toBe(before + 1);
  expect(mentions[0]).toMatchObject({
    subjectName: 'spoken of',
    readAt: null,
    comment: { id, by: { name: 'bob' }, mentions: [{ name: 'Ada Lovelace' }] },
  });
  expect(await ada.client.collaboration.inbox.read({ commentIds: [id] })).toEqual({ unread: before });
  expect((await inboxOf(ada)).mentions[0]?.readAt).not.toBeNull();
  expect((await ada.client.collaboration.inbox.list({ unread: true })).mentions.map(({ comment }) => comment.id)).not.toContain(id);
  expect(await ada.client.collaboration.inbox.read({})).toEqual({ unread: 0 });
});

test("nobody marks somebody else's inbox", async () => {
  const { id } = await say(bob, '@Ada Lovelace again');
  await bob.client.collaboration.inbox.read({ commentIds: [id] });
  expect((await ada.client.collaboration.inbox.list({ unread: true })).mentions.map(({ comment }) => comment.id)).toContain(id);
});

test('oneself, the disabled and people of code are not called', async () => {
  const gone = await userWith(server(), 'editor', 'gone');
  await server().client.access.users.update({ id: gone.user.id, disabled: true });
  const { mentions } = await say(ada, '@Ada Lovelace @gone `@bob`\n```\n@bob\n```');
  expect(mentions).toEqual([]);
});

test('an edit calls who is new in it and takes back who is gone; a mention that was read stays read', async () => {
  const carl = await userWith(server(), 'viewer', 'carl');
  const { id } = await say(ada, '@bob what now?');
  await bob.client.collaboration.inbox.read({});
  const edited = await ada.client.collaboration.comments.update({ id, body: '@bob and @carl, what now?' });
  expect(edited.editedAt).not.toBeNull();
  expect((await inboxOf(bob)).unread).toBe(0);
  expect((await inboxOf(carl)).unread).toBe(1);
  await ada.client.collaboration.comments.update({ id, body: '@bob alone' });
  expect((await inboxOf(carl)).unread).toBe(0);
});

test('only its author changes a comment; its author or an owner removes it, and its words are gone', async () => {
  const secret = `token ${crypto.randomUUID()}`;
  const { id } = await say(ada, `${secret} @bob`);
  expect(await codeOf(bob.client.collaboration.comments.update({ id, body: 'x' }))).toBe('FORBIDDEN id');
  expect(await codeOf(server().client.collaboration.comments.update({ id, body: 'x' }))).toBe('FORBIDDEN id');
  expect(await codeOf(bob.client.collaboration.comments.delete({ id }))).toBe('FORBIDDEN id');
  const unread = (await inboxOf(bob)).unread;
  await server().client.collaboration.comments.delete({ id });
  expect((await inboxOf(bob)).unread).toBe(unread - 1);
  const [kept] = await server().database.sql`select count(*)::int as found from comments c where to_jsonb(c)::text like ${`%${secret}%`}`;
  expect(kept?.found).toBe(0);
  expect(await codeOf(ada.client.collaboration.comments.update({ id, body: 'x' }))).toBe('NOT_FOUND id');
  expect((await server().client.governance.events({ subject: `comment:${id}` })).events.map(({ what }) => what)).toEqual([
    'comment.deleted',
    'comment.created',
  ]);
});

test('a viewer reads comments, is mentioned, and writes none', async () => {
  const viewer = await userWith(server(), 'viewer', 'quiet one');
  await say(ada, 'ask @quiet one about it');
  expect((await inboxOf(viewer)).mentions).toHaveLength(1);
  expect((await viewer.client.collaboration.comments.list({ subject })).total).toBeGreaterThan(0);
  expect(await codeOf(say(viewer, 'me too'))).toBe('FORBIDDEN');
});

test('a thousand comments come in pages, each once, in order', async () => {
  const { id } = await server().client.tracking.runs.create({ name: 'much spoken of' });
  const sql = server().database.sql;
  const [who] = await sql`select id, workspace_id from users where id = ${ada.user.id}`;
  await sql`insert into comments (id, workspace_id, user_id, subject, body, created_at)
    select gen_random_uuid(), ${who?.workspace_id}, ${who?.id}, ${`run:${id}`}, 'comment ' || n, timestamptz '2026-01-01' + (n / 3) * interval '1 s'
    from generate_series(1, 1000) n`;
  const seen: { id: string; createdAt: number }[] = [];
  let cursor: string | undefined;
  do {
    const page: Awaited<ReturnType<typeof ada.client.collaboration.comments.list>> = await ada.client.collaboration.comments.list({
      subject: `run:${id}`,
      limit: 150,
      ...(cursor ? { cursor } : {}),
    });
    expect(page.total).toBe(1_000);
    seen.push(...page.comments);
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  expect(new Set(seen.map((comment) => comment.id)).size).toBe(1_000);
  expect(seen.map(({ createdAt }) => createdAt)).toEqual(seen.map(({ createdAt }) => createdAt).sort((a, b) => b - a));
});

test.each<[string, () => Promise<unknown>, string]>([
  ['nothing said', () => say(ada, ' \n '), 'BAD_REQUEST body'],
  ['too much said', () => say(ada, 'x'.repeat(20_001)), 'BAD_REQUEST body'],
  ['a run that is not there', () => say(ada, 'x', `run:${'0'.repeat(32)}`), 'NOT_FOUND subject'],
  ['a report that is not there', () => say(ada, 'x', `report:${NOBODY}`), 'NOT_FOUND subject'],
  ['a subject that is none', () => say(ada, 'x', `run:' or 1=1`), 'BAD_REQUEST subject'],
  ['a subject of another kind', () => say(ada, 'x', 'token:1'), 'BAD_REQUEST subject'],
  ['a comment that is not there', () => ada.client.collaboration.comments.delete({ id: NOBODY }), 'NOT_FOUND id'],
])('%s is refused', async (_what, act, code) => {
  expect(await codeOf(act())).toBe(code);
});
