import { describe, expect, test } from 'vitest';
import type { Column } from '../fields.ts';
import { axisOf, readRanges, ticksOf, valueAtPlace, withinRanges, writeRanges } from './axes.ts';

const numbers = (values: (number | null)[], field = 'params.lr'): Column => ({
  field,
  kind: 'number',
  values,
  canLog: values.every((v) => v === null || v > 0),
});
const words = (values: (string | null)[]): Column => ({ field: 'params.model', kind: 'category', values, canLog: false });

describe('places on an axis', () => {
  test('numbers lie between the least and the greatest', () =>
    expect(axisOf(numbers([1, 3, 5, null]), false).places).toEqual([0, 0.5, 1, null]));
  test('on a log axis equal factors are equal distances', () => expect(axisOf(numbers([0.01, 0.1, 1]), true).places).toEqual([0, 0.5, 1]));
  test('what is not above zero keeps the axis from being log', () => expect(axisOf(numbers([0, 1]), true).isLog).toBe(false));
  test('words lie in their order, 2 before 10', () =>
    expect(axisOf(words(['v10', 'v2', null]), false)).toMatchObject({ words: ['v2', 'v10'], places: [1, 0, null] }));
  test('all the same lie in the middle', () => expect(axisOf(numbers([7, 7]), false).places).toEqual([0.5, 0.5]));
});

test('a place on a log axis goes back to its value', () => {
  const axis = axisOf(numbers([0.001, 10]), true);
  expect(valueAtPlace(axis, 0.5)).toBeCloseTo(0.1, 12);
});

test('runs within the brushed part of each axis, ends included; one without a value is out', () => {
  const axes = [axisOf(numbers([1, 2, 3, null], 'params.a'), false), axisOf(numbers([10, 20, 30, 40], 'metrics.b'), false)];
  const ids = ['a', 'b', 'c', 'd'];
  expect(withinRanges(axes, {}, ids)).toBeNull();
  expect([...withinRanges(axes, { 'params.a': [2, 3] }, ids)!]).toEqual(['b', 'c']);
  expect([...withinRanges(axes, { 'params.a': [2, 3], 'metrics.b': [10, 20] }, ids)!]).toEqual(['b']);
});

test('ticks of words are the words, of numbers the ends and what lies between', () => {
  expect(ticksOf(axisOf(words(['a', 'b']), false)).map(({ text }) => text)).toEqual(['a', 'b']);
  expect(ticksOf(axisOf(numbers([0, 4]), false)).map(({ text }) => text)).toEqual(['0', '1', '2', '3', '4']);
});

test('brushed parts are written into an address and read again, whatever the field is called', () => {
  const ranges = { 'params.a:b,c..d': [-0.5, 1e-7], 'metrics.auc': [0.7, 1] } as const;
  expect(readRanges(writeRanges(ranges))).toEqual(ranges);
  expect(readRanges('nonsense,metrics.a:x..y,%E0%A4:1..2')).toEqual({ '%E0%A4': [1, 2] });
});
