import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CollaborationEvent } from '@cellkeep/schema/collaboration';
import { beforeAll, expect, test } from 'vitest';
import { createServer } from '../main.ts';
import { testServer } from '../testing/index.ts';
import { codeOf, userWith } from './testUsers.ts';

const server = testServer();
type Person = Awaited<ReturnType<typeof userWith>>;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  ada = await userWith(server(), 'editor', 'Ada');
  bob = await userWith(server(), 'viewer', 'Bob');
});

type Of<Type> = Extract<CollaborationEvent, { type: Type }>;

/** A subscription over a WebSocket of this person's own. */
async function watching(who: Person, subject?: string, looking = true) {
  const { client, close } = await server().connect(who.secret);
  const abort = new AbortController();
  const events = (await client.collaboration.watch({ ...(subject ? { subject } : {}), looking }, { signal: abort.signal }))[
    Symbol.asyncIterator
  ]();
  const next = async <Type extends CollaborationEvent['type']>(type: Type): Promise<Of<Type>> => {
    for (;;) {
      const { value, done } = await events.next();
      if (done) throw new Error('the subscription ended');
      if (value.type === type) return value as Of<Type>;
    }
  };
  /** Names of those who look, as soon as it is these. */
  const people = async (names: string[]) => {
    for (;;) {
      const seen = (await next('presence')).people.map(({ name }) => name);
      if (seen.join() === names.join()) return;
    }
  };
  await next('hello');
  return { next, people, close, abort, events };
}

const newRun = async () => `run:${(await server().client.tracking.runs.create({})).id}`;
const present = async (subject: string) => (await ada.client.collaboration.presence.list({ subject })).people.map(({ name }) => name);

test('who looks at a run appears to the others, and is gone with the connection', async () => {
  const subject = await newRun();
  const first = await watching(ada, subject);
  await first.people(['Ada']);
  const second = await watching(bob, subject);
  await first.people(['Ada', 'Bob']);
  await second.people(['Ada', 'Bob']);
  await second.close();
  await first.people(['Ada']);
  expect(await present(subject)).toEqual(['Ada']);
  await first.close();
  await expect.poll(() => present(subject)).toEqual([]);
});

test('several windows of one person are one, until the last is closed', async () => {
  const subject = await newRun();
  const [one, two] = [await watching(ada, subject), await watching(ada, subject)];
  await two.people(['Ada']);
  expect(await present(subject)).toEqual(['Ada']);
  await two.close();
  expect(await present(subject)).toEqual(['Ada']);
  await one.close();
  await expect.poll(() => present(subject)).toEqual([]);
});

test('ending the subscription alone ends the presence: the page went on to something else', async () => {
  const subject = await newRun();
  const seen = await watching(ada, subject);
  await seen.people(['Ada']);
  seen.abort.abort();
  await expect.poll(() => present(subject)).toEqual([]);
  await seen.close();
});

test('one may watch without being seen', async () => {
  const subject = await newRun();
  const seen = await watching(bob, subject, false);
  await seen.people([]);
  expect(await present(subject)).toEqual([]);
  await seen.close();
});

test('each run, experiment and report has its own onlookers', async () => {
  const [here, there] = [await newRun(), await newRun()];
  const seen = await watching(ada, here);
  await seen.people(['Ada']);
  expect(await present(there)).toEqual([]);
  await seen.close();
});

test('comments on the subject arrive with each of their changes; others do not', async () => {
  const [subject, other] = [await newRun(), await newRun()];
  const seen = await watching(bob, subject);
  await ada.client.collaboration.comments.create({ subject: other, body: 'elsewhere' });
  const { id } = await ada.client.collaboration.comments.create({ subject, body: 'here' });
  expect(await seen.next('comment')).toMatchObject({ change: 'created', comment: { id, body: 'here', by: { name: 'Ada' } } });
  await ada.client.collaboration.comments.update({ id, body: 'here now' });
  expect(await seen.next('comment')).toMatchObject({ change: 'edited', comment: { body: 'here now' } });
  await ada.client.collaboration.comments.delete({ id });
  expect(await seen.next('comment')).toMatchObject({ change: 'deleted', comment: { id, body: '' } });
  await seen.close();
});

test('a mention rings at once, on every page; reading it in one window quiets the others', async () => {
  const seen = await watching(bob);
  const { unread } = await seen.next('inbox');
  await ada.client.collaboration.comments.create({ subject: await newRun(), body: 'hey @Bob' });
  expect((await seen.next('inbox')).unread).toBe(unread + 1);
  await bob.client.collaboration.inbox.read({});
  expect((await seen.next('inbox')).unread).toBe(0);
  await seen.close();
});

test('a changed report is told without its body', async () => {
  const seen = await watching(bob);
  const { id } = await ada.client.collaboration.reports.create({ title: 'live', body: 'long' });
  const event = await seen.next('report');
  expect(event.report).toMatchObject({ id, revision: 1, updatedBy: { name: 'Ada' } });
  expect(event.report).not.toHaveProperty('body');
  await seen.close();
});

test('a private view is told to its maker alone', async () => {
  const [maker, other] = [await watching(ada), await watching(bob)];
  const { id } = await ada.client.collaboration.views.create({ name: 'mine', experimentId: '0', state: '' });
  expect(await maker.next('view')).toEqual({ type: 'view', experimentId: '0' });
  await ada.client.collaboration.views.update({ id, shared: true });
  await ada.client.collaboration.reports.create({ title: 'after it' });
  const heard: string[] = [];
  while (heard.at(-1) !== 'report') heard.push(((await other.events.next()).value as CollaborationEvent).type);
  expect(heard.filter((type) => type !== 'inbox')).toEqual(['view', 'report']);
  await maker.close();
  await other.close();
});

test('a subject that is not there is refused', async () => {
  const { client, close } = await server().connect(ada.secret);
  const watch = async () => {
    for await (const _ of await client.collaboration.watch({ subject: `run:${'f'.repeat(32)}` })) return;
  };
  expect(await codeOf(watch())).toBe('NOT_FOUND subject');
  await close();
});

test('a subscription ends with its connection and leaves nothing behind', async () => {
  const before = server().services.live.size;
  const seen = await watching(ada, await newRun());
  expect(server().services.live.size).toBe(before + 1);
  await seen.close();
  await expect.poll(() => server().services.live.size).toBe(before);
});

test('servers that share a database tell each other of comments and of who is connected to them', async () => {
  const home = mkdtempSync(join(tmpdir(), 'cellkeep-second-'));
  const second = await createServer({ home, databaseUrl: server().database.url });
  try {
    const subject = await newRun();
    const seen = await watching(ada, subject);
    await seen.people(['Ada']);
    const leaving = new AbortController();
    const headers = { authorization: `Bearer ${bob.secret}`, accept: 'text/event-stream' };
    const there = await fetch(`${second.url}/api/v1/collaboration/watch?subject=${subject}`, { headers, signal: leaving.signal });
    const events = (there.body as NonNullable<typeof there.body>).pipeThrough(new TextDecoderStream()).getReader();
    let told = '';
    while (!told.includes('"Ada"')) told += (await events.read()).value ?? '';
    await seen.people(['Ada', 'Bob']);
    await fetch(`${second.url}/api/v1/comments`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ada.secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ subject, body: 'said on the other server' }),
    });
    expect((await seen.next('comment')).comment.body).toBe('said on the other server');
    leaving.abort();
    await seen.people(['Ada']);
    await seen.close();
  } finally {
    await second.close();
    rmSync(home, { recursive: true, force: true });
  }
});
