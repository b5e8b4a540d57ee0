import { expect, test } from 'vitest';
import { nameFilter } from './nameFilter.ts';

test('a part of a name is looked for in any case', () => {
  expect(nameFilter('  otter ')).toBe("attributes.name ILIKE '%otter%'");
  expect(nameFilter('   ')).toBe('');
});

test('nothing that is typed ends the quoted text', () => {
  expect(nameFilter(`x' OR name != '\\"%`)).toBe("attributes.name ILIKE '%x_ OR name != ____%'");
});
