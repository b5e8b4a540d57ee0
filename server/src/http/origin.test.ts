import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { isOwnOrigin, portsOf } from './origin.ts';

const requestWith = (headers: IncomingMessage['headers']) => ({ headers }) as IncomingMessage;

test.each<[name: string, headers: IncomingMessage['headers'], isOwn: boolean | null]>([
  ['no Origin', { host: 'hub.example' }, null],
  ['the name that reached us', { origin: 'https://hub.example', host: 'hub.example' }, true],
  [
    'the name that a proxy says',
    { origin: 'https://hub.example', host: 'inner:5000', 'x-forwarded-host': 'hub.example, inner:5000' },
    true,
  ],
  ['another port', { origin: 'https://hub.example:8443', host: 'hub.example' }, false],
  ['a file, where nobody says our name', { origin: 'file://' }, false],
  ['a file, where a proxy says an empty one', { origin: 'file://', host: 'hub.example', 'x-forwarded-host': ',' }, false],
  ['a sandboxed frame', { origin: 'null', host: 'null' }, false],
])('whether a page is ours: %s', (_, headers, isOwn) => {
  expect(isOwnOrigin(requestWith(headers))).toBe(isOwn);
});

test.each<[name: string, headers: IncomingMessage['headers'], ports: string[]]>([
  ['where a proxy names the default one', { host: 'hub.example', 'x-forwarded-host': 'hub.example:443' }, ['', '443']],
  ['where a proxy names an inner one', { host: 'hub.example', 'x-forwarded-host': 'inner:5000' }, ['', '5000']],
])("a page's own port goes first, %s", (_, headers, ports) => {
  expect(portsOf(requestWith({ ...headers, origin: 'https://hub.example' }))).toEqual(ports);
  expect(portsOf(requestWith({ ...headers, origin: 'https://evil.example:9' }))).toEqual([...ports].reverse());
});
