import { expect, test } from 'vitest';
import { guessMediaType, mediaTypeOf, servedType } from './mediaType.ts';

test.each([
  ['image/png', 'image/png'],
  ['Text/CSV; Charset="UTF-8"; header=present', 'text/csv; charset=utf-8'],
  ['application/vnd.apache.parquet', 'application/vnd.apache.parquet'],
  [undefined, null],
  ['', null],
  ['png', null],
  ['text/html\r\nset-cookie: a=b', null],
  ['text/html, text/plain', null],
  ['text/plain; charset=<script>', 'text/plain'],
  ['application/x-www-form-urlencoded', null],
  [`text/${'a'.repeat(200)}`, null],
])('content-type %j is kept as %j', (header, kept) => {
  expect(mediaTypeOf(header)).toBe(kept);
});

test.each([
  ['plots/ROC.PNG', 'image/png'],
  ['model.v2.json', 'application/json'],
  ['weights.safetensors', 'application/octet-stream'],
  ['Makefile', 'application/octet-stream'],
  ['a.constructor', 'application/octet-stream'],
])('%s is guessed to be %s', (path, type) => {
  expect(guessMediaType(path)).toBe(type);
});

test.each([
  ['text/plain', 'text/plain; charset=utf-8'],
  ['text/csv; charset=windows-1252', 'text/csv; charset=windows-1252'],
  ['image/svg+xml', 'image/svg+xml'],
  ['text/html', 'text/html'],
  ['text/javascript', 'text/plain; charset=utf-8'],
  ['application/x-javascript', 'text/plain; charset=utf-8'],
  ['application/ecmascript; charset=utf-8', 'text/plain; charset=utf-8'],
  ['text/css', 'text/plain; charset=utf-8'],
  ['multipart/x-mixed-replace', 'application/octet-stream'],
  ['message/rfc822', 'application/octet-stream'],
])('%s is handed out as %s', (stored, served) => {
  expect(servedType(stored)).toBe(served);
});
