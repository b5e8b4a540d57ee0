import { expect, test } from 'vitest';
import { fillIn, nameInPath, type View, viewPath } from './host.ts';

const RUN = 'a'.repeat(32);
const OTHER = 'b'.repeat(32);

test.each<[View, string]>([
  [{ view: 'experiments' }, 'experiments'],
  [{ view: 'experiment', id: '4' }, 'experiments/4'],
  [{ view: 'experiment', id: '4', search: '?sort=-metrics.auc' }, 'experiments/4?sort=-metrics.auc'],
  [{ view: 'experiment', id: '4', search: 'filter=x' }, 'experiments/4?filter=x'],
  [{ view: 'run', id: RUN }, `runs/${RUN}`],
  [{ view: 'run', id: RUN, tab: 'curves' }, `runs/${RUN}/curves`],
  [{ view: 'compare', runIds: [RUN, OTHER] }, `compare?runs=${RUN},${OTHER}`],
  [{ view: 'snapshot', id: 'one' }, 'snapshots/one'],
  [{ view: 'snapshotDiff', before: 'one', after: 'two' }, 'snapshots/diff?before=one&after=two'],
  [{ view: 'history', notebookId: 'nb' }, 'notebooks/nb/history'],
])('%j lies at %s', (view, path) => {
  expect(viewPath(view)).toBe(path);
});

test.each(['late-flights', 'a model', 'é 日本', '100%', '100%25', '%3F', '?a=1#b', '<img src=x onerror="1">', 'a&b+c', "'"])(
  'a model named %j is found at its path',
  (name) => {
    const path = viewPath({ view: 'model', name });
    expect(path).toMatch(/^models\/[^/?#]+$/);
    // What the router does with the address (wouter 3, src/paths.js).
    expect(nameInPath(decodeURI(new URL(path, 'http://h/').pathname).slice('/models/'.length))).toBe(name);
  },
);

test.each([
  ['{n} selected', { n: 3 }, '3 selected'],
  ['{a} and {a}, {b}', { a: 'x' }, 'x and x, {b}'],
  ['{name}', { name: '{n}' }, '{n}'],
  ['{constructor}', {}, '{constructor}'],
])('%s filled in', (text, values, filled) => {
  expect(fillIn(text, values as Record<string, string | number>)).toBe(filled);
});
