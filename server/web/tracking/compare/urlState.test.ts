import { expect, test } from 'vitest';
import { readZoom, writeZoom } from './urlState.ts';

test.each([
  ['10,50.5', [10, 50.5]],
  ['-3,-1', [-3, -1]],
  ['5,5', null],
  ['9,1', null],
  ['1', null],
  ['1,2,3', null],
  ['a,b', null],
  ['', null],
  [null, null],
])('the zoom %s', (text, zoom) => expect(readZoom(text)).toEqual(zoom));

test('a zoom is written as it is read', () => {
  expect(readZoom(writeZoom([0.125, 1e7]))).toEqual([0.125, 1e7]);
  expect(writeZoom(null)).toBeNull();
});
