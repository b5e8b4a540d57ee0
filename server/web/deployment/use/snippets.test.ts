import { expect, test } from 'vitest';
import { type Asked, allSnippets, sidebarSnippets } from './snippets.ts';

const column = { required: true, min: null, max: null, categories: null, shape: null };
const asked = (of: Partial<Asked> = {}): Asked => ({
  endpoint: { name: 'late-flights', url: 'http://here/endpoints/late-flights', settings: { access: 'token' } as never },
  signature: {
    layout: 'columns',
    inputs: [
      { ...column, name: 'carrier', type: 'string' },
      { ...column, name: 'late', type: 'boolean' },
    ],
    outputs: [],
  },
  example: { columns: ['carrier', 'late'], data: [['O\'Hare "null"', true]] },
  ...of,
});
const codeOf = (id: string, of?: Partial<Asked>) => allSnippets(asked(of)).find((one) => one.id === id)?.code ?? '';

test('a quote in a value stays in its quotes in a shell, and the token stays in the environment', () => {
  const code = codeOf('rows');
  expect(code).toContain(`'{"carrier":"O'\\''Hare \\"null\\"","late":true}'`);
  expect(code).toContain('Bearer $CELLKEEP_ENDPOINT_TOKEN');
});
test('words of JSON become those of Python, but never inside of a text', () => {
  expect(codeOf('python')).toContain(`{ "carrier": "O'Hare \\"null\\"", "late": True }`);
});
test('an open endpoint is asked without a token', () => {
  const open = { endpoint: { ...asked().endpoint, settings: { access: 'open' } as never } };
  for (const { code } of allSnippets(asked(open))) expect(code).not.toContain('TOKEN');
});
test('without an example a row is made of the signature', () =>
  expect(codeOf('rows', { example: null })).toContain('{"carrier":"text","late":false}'));
test('each protocol of the endpoint has its snippet, the sidebar three of them', () => {
  expect(allSnippets(asked()).map(({ id }) => id)).toEqual(['rows', 'mlflow', 'v2', 'arrow', 'python', 'cellkeep']);
  expect(sidebarSnippets(asked()).map(({ label }) => label)).toEqual(['curl', 'Python', 'cellkeep']);
});
test('an Open Inference request names type and shape of each input', () => {
  expect(codeOf('v2')).toContain('"datatype":"BYTES"');
  expect(codeOf('v2')).toContain('"datatype":"BOOL","data":[true]');
});
