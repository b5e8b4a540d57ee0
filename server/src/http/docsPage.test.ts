import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

// The page's own scripts, which no compiler of ours reads.
const script = (name: string) => import(new URL(`./docs/${name}`, import.meta.url).href);
const { sketch, namesIn, firstValue } = await script('sketch.js');
const { addressOf, csrf } = await script('tryIt.js');

describe('a schema as a person reads it', () => {
  test.each([
    ['a reference stays a name', { $ref: '#/components/schemas/Run' }, 'Run'],
    ['choices', { anyOf: [{ type: 'number' }, { enum: ['NaN', 'Infinity'] }] }, 'number | "NaN" | "Infinity"'],
    ['a constant', { const: false }, 'false'],
    ['null beside a type', { anyOf: [{ type: 'string' }, { type: 'null' }] }, 'string | null'],
    ['a list of choices', { type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'null' }] } }, '(string | null)[]'],
    ['a map', { type: 'object', additionalProperties: { type: 'string' } }, '{ [key: string]: string }'],
    ['bytes', { type: 'string', format: 'binary' }, 'bytes'],
    ['anything', {}, 'unknown'],
    ['an empty object', { type: 'object', properties: {} }, '{}'],
  ])('%s', (_name, schema, text) => {
    expect(sketch(schema)).toBe(text);
  });

  test('fields say whether they may be left out, what they then are, and what they mean', () => {
    const schema = {
      type: 'object',
      required: ['id'],
      properties: {
        id: { type: 'string', description: 'Chosen by the client.' },
        'odd key': { type: 'integer', default: 3 },
        inner: { type: 'object', properties: { deep: { type: 'boolean' } } },
      },
    };
    expect(sketch(schema)).toBe(
      ['{', '  id: string  // Chosen by the client.', '  "odd key"?: integer = 3', '  inner?: {', '    deep?: boolean', '  }', '}'].join(
        '\n',
      ),
    );
  });
});

test('the names in a schema are followed once each, also in a circle', () => {
  const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });
  const schemas = { Run: { properties: { parent: reference('Run'), tag: reference('Tag') } }, Tag: {} };
  expect([...namesIn({ items: reference('Run') }, schemas)]).toEqual(['Run', 'Tag']);
});

test('a body begins with what must be there', () => {
  const schemas = { Point: { properties: { x: { type: 'number' } }, required: ['x'] } };
  const schema = {
    properties: {
      name: { type: 'string' },
      tags: { default: {} },
      list: { type: 'array' },
      at: { $ref: '#/components/schemas/Point' },
      free: {},
    },
    required: ['name', 'tags', 'list', 'at'],
  };
  expect(firstValue(schema, schemas)).toEqual({ name: '', tags: {}, list: [], at: { x: 0 } });
});

test.each([
  [
    'parts of a path are encoded, its slashes stay',
    '/runs/{runId}/files/{path}',
    [
      ['runId', 'path', 'a b'],
      ['path', 'path', 'x/ü?.txt'],
    ],
    'runs/a%20b/files/x/%C3%BC%3F.txt',
  ],
  [
    'only what was filled in is asked for',
    '/events',
    [
      ['limit', 'query', '5'],
      ['what', 'query', ''],
    ],
    'events?limit=5',
  ],
  ['an address is relative: a proxy may show us under a path', '/me', [], 'me'],
] as const)('%s', (_name, template, given, address) => {
  expect(
    addressOf(
      template,
      given.map(([name, place, value]) => ({ name, in: place, value })),
    ),
  ).toBe(address);
});

test.each([
  ['of the server at its own port', 'a=b; cellkeep_csrf=old; cellkeep_csrf_5000=ours; cellkeep_csrf_5001=another', '5000', 'ours'],
  ['of a server that a proxy names without a port', 'cellkeep_csrf=ours; cellkeep_csrf_5001=another', '5000', 'ours'],
  ['at an address without a port', 'cellkeep_csrf_5000=another; cellkeep_csrf=ours', '', 'ours'],
  ['and of no other', 'not_cellkeep_csrf=x; cellkeep_csrf_50=y', '5000', ''],
])('a change repeats the word %s', (_name, cookies, port, word) => {
  expect(csrf(cookies, port)).toBe(word);
});

test('nothing of the page comes from elsewhere, and no script stands in it', () => {
  const html = readFileSync(new URL('./docs/page.html', import.meta.url), 'utf8');
  expect(html).not.toMatch(/(?:src|href)="(?:[a-z]+:)?\/\//);
  expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|\son\w+=|<style|style=/);
});
