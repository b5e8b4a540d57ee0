import type { Comment } from '@cellkeep/schema/collaboration';
import { QueryClient } from '@tanstack/react-query';
import { expect, test } from 'vitest';
import { type CommentsPage, collaborationKeys, putComment } from './queries.ts';

const SUBJECT = 'experiment:1';
const comment = (id: string, body = id): Comment => ({
  ...{ id, subject: SUBJECT, body, by: { id: 'u', name: 'Ada' }, createdAt: 1, editedAt: null, mentions: [] },
});

/** Two pages, newest first: d c | b a. */
function cacheWith() {
  const cache = new QueryClient();
  const page = (ids: string[], nextCursor: string | null) => ({ comments: ids.map((id) => comment(id)), nextCursor, total: 4 });
  cache.setQueryData(collaborationKeys.comments(SUBJECT), {
    pages: [page(['d', 'c'], 'x'), page(['b', 'a'], null)],
    pageParams: [undefined, 'x'],
  });
  const pages = () => cache.getQueryData<{ pages: CommentsPage[] }>(collaborationKeys.comments(SUBJECT))?.pages ?? [];
  return {
    cache,
    bodies: () => pages().map((one) => one.comments.map(({ body }) => body).join(' ')),
    totals: () => pages().map(({ total }) => total),
  };
}

test('a new comment comes first and counts', () => {
  const { cache, bodies, totals } = cacheWith();
  putComment(cache, 'created', comment('e'));
  expect(bodies()).toEqual(['e d c', 'b a']);
  expect(totals()).toEqual([5, 5]);
});

test('one that was sent from here and is heard of as well is there once', () => {
  const { cache, bodies, totals } = cacheWith();
  putComment(cache, 'created', comment('e'));
  putComment(cache, 'created', comment('e'));
  expect(bodies()).toEqual(['e d c', 'b a']);
  expect(totals()).toEqual([5, 5]);
});

test('an edit stays in its place; of one that is not loaded nothing changes', () => {
  const { cache, bodies, totals } = cacheWith();
  putComment(cache, 'edited', comment('b', 'B'));
  putComment(cache, 'edited', comment('z'));
  expect(bodies()).toEqual(['d c', 'B a']);
  expect(totals()).toEqual([4, 4]);
});

test('a deleted one is gone and no longer counts, also when it is heard of twice', () => {
  const { cache, bodies, totals } = cacheWith();
  putComment(cache, 'deleted', comment('a'));
  putComment(cache, 'deleted', comment('a'));
  expect(bodies()).toEqual(['d c', 'b']);
  expect(totals()).toEqual([3, 3]);
});
