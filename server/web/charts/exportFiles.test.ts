import { expect, test } from 'vitest';
import { csvOf, fileName, xmlText } from './exportFiles.ts';

test('cells that need it are quoted, numbers are whole, nothing is lost', () => {
  expect(
    csvOf(
      ['a', 'b'],
      [
        ['x, "y"\nz', 0.1],
        [null, -1e-7],
      ],
    ),
  ).toBe('a,b\r\n"x, ""y""\nz",0.1\r\n,-1e-7');
});

test.each([
  ['=1+1', "'=1+1"],
  ['+SUM(A1)', "'+SUM(A1)"],
  ['@cmd', "'@cmd"],
  ['-2', '-2'],
  ['-2 apples', "'-2 apples"],
])('a spreadsheet runs no formula out of %s', (text, cell) => expect(csvOf(['x'], [[text]])).toBe(`x\r\n${cell}`));

test('a name is one that every file system takes', () => {
  expect(fileName('val/loss (mean) <b>', 'svg')).toBe('val_loss_mean_b.svg');
  expect(fileName('../../etc', 'csv')).toBe('etc.csv');
  expect(fileName('***', 'png')).toBe('chart.png');
});

test('what is text in a drawing stays text', () => {
  expect(xmlText('<script>"&\u0000</script>')).toBe('&lt;script&gt;&quot;&amp;&lt;/script&gt;');
});
