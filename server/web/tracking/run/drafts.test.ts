import { expect, test, vi } from 'vitest';
import { draftOf, keepDraft } from './drafts.ts';

test('a draft is kept by run until it is taken away, where the browser stores nothing', () => {
  vi.stubGlobal('sessionStorage', undefined);
  keepDraft('a', 'unsaved');
  keepDraft('b', '');
  expect([draftOf('a'), draftOf('b'), draftOf('c')]).toEqual(['unsaved', '', null]);
  keepDraft('a', null);
  expect(draftOf('a')).toBeNull();
  vi.unstubAllGlobals();
});

test('a full storage keeps the draft for as long as the page', () => {
  const full = {
    getItem: () => null,
    removeItem: () => undefined,
    setItem: () => {
      throw new DOMException('full', 'QuotaExceededError');
    },
  };
  vi.stubGlobal('sessionStorage', full);
  keepDraft('d', 'long');
  expect(draftOf('d')).toBe('long');
  vi.unstubAllGlobals();
});
