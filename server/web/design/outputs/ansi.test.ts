import { expect, test } from 'vitest';
import { type AnsiRun, parseAnsi } from './ansi.ts';

const E = '\u001b[';

test.each<[string, string, AnsiRun[]]>([
  ['plain text is one run', 'a <b>&\n', [{ text: 'a <b>&\n' }]],
  ['a colour lasts until it is taken back', `${E}31mred${E}39m plain`, [{ text: 'red', fg: 1 }, { text: ' plain' }]],
  ['no code means reset', `${E}1;92mok${E}m.`, [{ text: 'ok', bold: true, fg: 10 }, { text: '.' }]],
  ['256 colours: the first sixteen are the terminal’s', `${E}38;5;9mx`, [{ text: 'x', fg: 9 }]],
  ['256 colours: the cube', `${E}38;5;196mx`, [{ text: 'x', fg: 'rgb(255 0 0)' }]],
  ['256 colours: the greys', `${E}48;5;232mx`, [{ text: 'x', bg: 'rgb(8 8 8)' }]],
  ['true colour, and what follows it', `${E}38;2;1;300;3;4mx`, [{ text: 'x', fg: 'rgb(1 255 3)', underline: true }]],
  ['a number that is none is no style', `${E}38;2;1mx`, [{ text: 'x', fg: 'rgb(1 0 0)' }]],
  ['bold and dim end together', `${E}1m${E}2ma${E}22mb`, [{ text: 'a', bold: true, dim: true }, { text: 'b' }]],
  [
    'moves of the cursor, titles and hyperlinks are left out',
    `a${E}2Kb\u001b]0;title\u0007c\u001b]8;;http://x\u001b\\d`,
    [{ text: 'a' }, { text: 'b' }, { text: 'c' }, { text: 'd' }],
  ],
  ['a progress bar keeps its last state', ' 10 %\r 50 %\r100 %\ndone', [{ text: '100 %\ndone' }]],
  ['a line that ends in a carriage return stays', '50 %\r', [{ text: '50 %' }]],
  ['Windows line ends are line ends', 'a\r\nb', [{ text: 'a\nb' }]],
  ['a backspace takes the letter before it', 'abc\b\bd', [{ text: 'ad' }]],
])('%s', (_what, source, runs) => {
  expect(parseAnsi(source)).toEqual(runs);
});
