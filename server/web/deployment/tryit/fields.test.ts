import type { Column } from '@cellkeep/schema/registry';
import { expect, test } from 'vitest';
import { fillIn } from '../../host.ts';
import { columnOfIssue, firstTexts, readField, seenText } from './fields.ts';

const column = (of: Partial<Column>): Column => ({
  name: 'x',
  type: 'double',
  required: true,
  min: null,
  max: null,
  categories: null,
  shape: null,
  ...of,
});

test('a form begins with the example, and with what training saw where the example has nothing', () => {
  const inputs = [
    column({ name: 'age', type: 'integer', min: 10, max: 21 }),
    column({ name: 'city', type: 'string', categories: ['Bern', 'Wien'] }),
    column({ name: 'free', type: 'string' }),
    column({ name: 'image', shape: [2] }),
  ];
  expect(firstTexts({ inputs }, { age: 40, image: [1, 2] })).toEqual({ age: '40', city: 'Bern', free: '', image: '[1,2]' });
  expect(firstTexts({ inputs }, null).age).toBe('16');
});

const reads: [string, Partial<Column>, string, unknown][] = [
  ['a number', {}, ' 1.5e3 ', 1500],
  ['a whole number', { type: 'integer' }, '7', 7],
  ['truth', { type: 'boolean' }, 'True', true],
  ['text that looks like a number', { type: 'string' }, '7', '7'],
  ['empty text is text', { type: 'string' }, '', ''],
  ['nothing where nothing is needed', { required: false }, '', null],
  ['NaN where nothing is needed', { required: false }, 'NaN', null],
  ['a tensor', { shape: [2] }, '[1, 2]', [1, 2]],
];
test.each(reads)('%s', (_, of, text, value) => expect(readField(column(of), text, fillIn)).toEqual({ value, problem: null }));

const refused: [string, Partial<Column>, string][] = [
  ['a word for a number', {}, 'seven'],
  ['a half for a whole number', { type: 'integer' }, '1.5'],
  ['nothing where something is needed', {}, ' '],
  ['a tensor that is no JSON', { shape: [2] }, '1, 2'],
  ['a word for truth', { type: 'boolean' }, 'maybe'],
];
test.each(refused)('%s is refused at its field', (_, of, text) => expect(readField(column(of), text, fillIn).problem).not.toBeNull());

test('a value outside of what training saw is told, not refused', () => {
  const age = column({ type: 'integer', min: 0, max: 99 });
  expect(seenText(age, '100', fillIn).isOutside).toBe(true);
  expect(seenText(age, '99', fillIn)).toEqual({ text: 'integer · 0 … 99', isOutside: false });
});

const issues: [string, string | null][] = [
  ['age', 'age'],
  ['rows[0].age', 'age'],
  ['dataframe_records[3]["home city"]', 'home city'],
  ['rows[0].home age', 'home age'],
  ['rows', null],
];
test.each(issues)('a complaint about %s belongs to %s', (field, name) => {
  expect(columnOfIssue({ field }, ['age', 'home city', 'home age'])).toBe(name);
});
