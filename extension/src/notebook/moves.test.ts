import type { Contents } from '@jupyterlab/services';
import { expect, test } from 'vitest';
import { readMove } from './moves';

const local = (path: string) => path.replace(/^RTC:/, '');
const change = (type: string, from: string | null, to: string | null, kind = 'notebook') =>
  ({
    type,
    oldValue: from === null ? null : { path: from },
    newValue: to === null ? null : { path: to, type: kind },
  }) as Contents.IChangedArgs;

const rows: [string, Contents.IChangedArgs, unknown][] = [
  ['a renamed notebook', change('rename', 'a.ipynb', 'b.ipynb'), { from: 'a.ipynb', to: 'b.ipynb' }],
  ['one on a drive', change('rename', 'RTC:a.ipynb', 'RTC:x/b.ipynb'), { from: 'a.ipynb', to: 'x/b.ipynb' }],
  ['a folder', change('rename', 'a', 'b', 'directory'), { from: 'a', to: 'b' }],
  ['a file that becomes a notebook', change('rename', 'a.txt', 'a.ipynb', 'file'), { from: 'a.txt', to: 'a.ipynb' }],
  ['some other file', change('rename', 'a.csv', 'b.csv', 'file'), null],
  ['a new notebook', change('new', null, 'a.ipynb'), null],
  ['a saved one', change('save', 'a.ipynb', 'a.ipynb'), null],
  ['a name that stayed', change('rename', 'a.ipynb', 'a.ipynb'), null],
];
test.each(rows)('%s', (_, given, move) => expect(readMove(given, local)).toEqual(move));
