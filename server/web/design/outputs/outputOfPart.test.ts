import { expect, test } from 'vitest';
import { outputOfPart } from './outputOfPart.ts';

test.each<[string, string, object]>([
  ['a stream', '{"name":"stderr","output_type":"stream","text":"a\\n"}', { type: 'stream', name: 'stderr', data: { 'text/plain': 'a\n' } }],
  ['lines of an older format are one text', '{"output_type":"stream","text":["a\\n","b"]}', { data: { 'text/plain': 'a\nb' } }],
  [
    'an error is its traceback',
    '{"output_type":"error","ename":"E","evalue":"v","traceback":["x","y"]}',
    { type: 'error', data: { 'text/plain': 'x\ny' } },
  ],
  [
    'an error without one is its name',
    '{"output_type":"error","ename":"E","evalue":"v","traceback":[]}',
    { data: { 'text/plain': 'E: v' } },
  ],
  [
    'what is no text where text belongs is shown as it was stored',
    '{"output_type":"error","ename":{"toString":1},"evalue":["v"],"traceback":[]}',
    { data: { 'text/plain': '{\n  "toString": 1\n}: v' } },
  ],
  ['a name that is no text is none', '{"output_type":"stream","name":{"toString":1,"valueOf":1},"text":"a"}', { name: '' }],
  [
    'data that is JSON is text',
    '{"output_type":"display_data","data":{"application/json":{"a":1}}}',
    { data: { 'application/json': '{\n  "a": 1\n}' } },
  ],
  [
    'a result keeps all its forms',
    '{"output_type":"execute_result","data":{"text/html":"<b>","text/plain":"b"}}',
    { type: 'execute_result', data: { 'text/html': '<b>', 'text/plain': 'b' } },
  ],
  ['what is no JSON is text', 'oops', { data: { 'text/plain': 'oops' } }],
  ['what is no output is text', '7', { data: { 'text/plain': '7' } }],
])('%s', (_what, body, shown) => {
  expect(outputOfPart('d', body)).toMatchObject(shown);
});
