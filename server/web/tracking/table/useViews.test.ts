import { expect, test } from 'vitest';
import type { User } from '../../access/queries.ts';
import { rightsOn } from './useViews.ts';

const person = (id: string, role: User['role']) => ({ id, role });
const ALL = { change: true, share: true, delete: true };
const NONE = { change: false, share: false, delete: false };

test.each([
  ['one who may write, with a view of their own', false, person('maker', 'editor'), ALL],
  ['one who may write, with one that they share', true, person('maker', 'editor'), ALL],
  ['a viewer, with a view of their own, all but share it', false, person('maker', 'viewer'), { ...ALL, share: false }],
  ['a viewer, with one that they shared before, take it back or away', true, person('maker', 'viewer'), { ...ALL, change: false }],
  ['an owner, with one that somebody shares', true, person('other', 'owner'), ALL],
  ['one who may write, with one that somebody else shares', true, person('other', 'editor'), NONE],
  ['nobody known yet', true, undefined, NONE],
] as const)('%s: what the server lets them', (_, shared, user, rights) => {
  expect(rightsOn({ userId: 'maker', shared }, user)).toEqual(rights);
});
