import type { Artifact, ArtifactKind } from '@cellkeep/schema/tracking';
import { expect, test } from 'vitest';
import { previewOf, startsAsTable, textKindOf, treeOf } from './previews.ts';

const cases: [mediaType: string, path: string, kind: ArtifactKind, preview: string][] = [
  ['image/png', 'roc.png', 'figure', 'image'],
  ['image/svg+xml', 'roc.svg', 'figure', 'image'],
  ['text/csv', 'rows.csv', 'table', 'table'],
  ['text/csv; charset=utf-8', 'rows', 'file', 'table'],
  ['application/json', 'rows.json', 'table', 'table'],
  ['application/json', 'config.json', 'file', 'json'],
  ['text/markdown', 'report.md', 'text', 'markdown'],
  ['text/plain', 'report.md', 'text', 'markdown'],
  ['text/plain', 'log.txt', 'text', 'text'],
  ['application/x-ipynb+json', 'a.ipynb', 'file', 'text'],
  // HTML is only ever text, however it is named
  ['text/html', 'page.html', 'file', 'html'],
  ['TEXT/HTML', 'picture.png', 'figure', 'html'],
  ['application/xhtml+xml', 'page.svg', 'file', 'html'],
  ['text/plain', 'page.html', 'file', 'html'],
  // text that calls itself a picture is not shown as one
  ['text/plain', 'picture.png', 'file', 'text'],
  ['application/octet-stream', 'model.bin', 'file', 'none'],
  ['application/octet-stream', 'train.py', 'file', 'text'],
  ['application/pdf', 'paper.pdf', 'file', 'none'],
  ['', 'notes', 'text', 'text'],
];

test.each(cases)('%s named %s of kind %s is shown as %s', (mediaType, path, kind, preview) => {
  expect(previewOf({ mediaType, path, kind })).toBe(preview);
});

test.each([
  ['{"columns": ["question"], "data": [["why?"]]}', true], // mlflow.log_table
  ['{"columns":["a"],"index":[0],"data":[[1]]}', true], // pandas orient="split"
  [' {\n "index": [0],\n "columns": ["a"], "data": [[1]]}', true],
  ['{"columns": {"a": "float"}}', false],
  ['{"rate": 0.1, "columns": ["a"]}', false],
  ['[{"columns": ["a"]}]', false],
  ['', false],
  [`${' '.repeat(70_000)}{"columns":["a"],"data":[]}`, false],
])('JSON that starts as %s may be a table: %s', (text, expected) => {
  expect(startsAsTable(text)).toBe(expected);
});

test('what was taken for a table is set as JSON where it is JSON', () => {
  expect(textKindOf({ mediaType: 'application/json', path: 'eval.json' })).toBe('json');
  expect(textKindOf({ mediaType: 'text/csv', path: 'eval.csv' })).toBe('text');
});

test('artifacts stand in the folders of their paths, with what those hold in all', () => {
  const artifact = (path: string, size: number): Artifact => ({
    runId: '',
    path,
    kind: 'file',
    size,
    digest: '',
    mediaType: '',
    createdAt: 0,
  });
  const tree = treeOf([artifact('a.txt', 1), artifact('plots/roc.png', 10), artifact('plots/deep/x.png', 100)]);
  expect(tree.files.map(({ path }) => path)).toEqual(['a.txt']);
  expect(tree).toMatchObject({ count: 3, size: 111 });
  expect(tree.folders).toMatchObject([{ name: 'plots', path: 'plots', count: 2, size: 110, folders: [{ path: 'plots/deep', count: 1 }] }]);
});
