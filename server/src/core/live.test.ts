import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createLive, type LiveMessage } from './live.ts';

const message = (workspaceId: string, payload: unknown = null): LiveMessage => ({ workspaceId, topic: 'run', payload });

test('a subscriber hears what is published in its workspace, in order, until it leaves', () => {
  const live = createLive();
  const heard: unknown[] = [];
  const leave = live.subscribe('a', ({ payload }) => heard.push(payload));
  live.publish(message('a', 1));
  live.publish(message('b', 'of others'));
  live.publish(message('a', 2));
  leave();
  live.publish(message('a', 3));
  expect(heard).toEqual([1, 2]);
});

test('size counts who is subscribed; leaving twice counts once', () => {
  const live = createLive();
  const leave = [live.subscribe('a', () => {}), live.subscribe('a', () => {}), live.subscribe('b', () => {})];
  expect(live.size).toBe(3);
  leave[0]!();
  leave[0]!();
  expect(live.size).toBe(2);
  for (const each of leave) each();
  expect(live.size).toBe(0);
});

test('one subscriber that fails keeps neither the others nor whoever published', () => {
  const lines: string[] = [];
  const live = createLive(pino({ base: null }, { write: (line) => lines.push(line) }));
  const heard: unknown[] = [];
  live.subscribe('a', () => {
    throw new Error('a fault in a view');
  });
  live.subscribe('a', ({ payload }) => heard.push(payload));
  live.publish(message('a', 'news'));
  expect(heard).toEqual(['news']);
  expect(lines.join()).toContain('a fault in a view');
});

test('a subscriber may leave while it hears', () => {
  const live = createLive();
  const heard: string[] = [];
  const leave = live.subscribe('a', () => {
    heard.push('first');
    leave();
  });
  live.subscribe('a', () => heard.push('second'));
  live.publish(message('a'));
  live.publish(message('a'));
  expect(heard).toEqual(['first', 'second', 'second']);
});
