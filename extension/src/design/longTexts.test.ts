import { expect, test } from 'vitest';
import { liftLongTexts, PIECE, piecesOf, putText } from './longTexts';

const long = `${'a'.repeat(PIECE - 1)}😀${'b'.repeat(PIECE)}`;

test.each([
  ['a source', { cell_type: 'code', source: long, metadata: { tags: ['x'] } }, [['source']]],
  ['a stream', { output_type: 'stream', name: 'stdout', text: long }, [['text']]],
  [
    'an image among others',
    { output_type: 'display_data', data: { 'image/png': long, 'text/plain': 'x' }, metadata: {} },
    [['data', 'image/png']],
  ],
  ['an attachment', { source: '', attachments: { 'a.png': { 'image/png': long } } }, [['attachments', 'a.png', 'image/png']]],
  ['nothing', { output_type: 'error', traceback: ['a', 'b'], evalue: 'x' }, []],
])('of %s the long texts go ahead, in pieces, and come together again', (_, value, paths) => {
  const original = structuredClone(value);
  const { value: rest, lifted } = liftLongTexts(value);
  expect(lifted.map(({ path }) => path)).toEqual(paths);
  expect(JSON.stringify(rest).length).toBeLessThan(1_000);
  for (const { path, text } of lifted) putText(rest, path, piecesOf(text).join(''));
  expect(rest).toEqual(original);
  expect(value).toEqual(original);
});

test('no piece is longer than what one message may take', () => {
  expect(piecesOf(long).map(({ length }) => length)).toEqual([PIECE, PIECE, 1]);
});
