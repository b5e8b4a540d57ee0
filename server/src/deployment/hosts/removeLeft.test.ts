import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isGoing, moveAway, removeLeft, removeMoved } from './removeLeft.ts';

const day = 86_400_000;
let parent = '';
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'cellkeep-left-'));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const touch = (name: string, at = Date.now()) => utimesSync(join(parent, name), at / 1_000, at / 1_000);
const make = (name: string, at: number) => {
  mkdirSync(join(parent, name, 'in it'), { recursive: true });
  touch(name, at);
};
const before = () => Date.now() - day;

test('a folder that nobody has touched since is removed; one that was touched, or is not there, stays as it is', async () => {
  make('old', Date.now() - 2 * day);
  make('young', Date.now());
  expect(await removeLeft(parent, 'old', before())).toBe(true);
  expect(await removeLeft(parent, 'young', before())).toBe(false);
  expect(await removeLeft(parent, 'none', before())).toBe(false);
  expect(readdirSync(parent)).toEqual(['young']);
});

test('one that is touched between the look and the way out comes back with all that is in it', async () => {
  make('taken', Date.now() - 2 * day);
  const going = String(await moveAway(parent, 'taken', before()));
  expect([isGoing(going), readdirSync(parent)]).toEqual([true, [going]]);
  touch(going); // whoever took it had found it at its place: its time goes with it
  expect(await removeMoved(parent, { name: 'taken', going }, before())).toBe(false);
  expect(readdirSync(parent)).toEqual(['taken']);
  expect(existsSync(join(parent, 'taken', 'in it'))).toBe(true);
});

test('one that was made again meanwhile is left alone, and what was moved away goes with the next sweep', async () => {
  make('taken', Date.now() - 2 * day);
  const going = String(await moveAway(parent, 'taken', before()));
  touch(going);
  make('taken', Date.now());
  expect(await removeMoved(parent, { name: 'taken', going }, before())).toBe(false);
  expect(readdirSync(parent).sort()).toEqual([going, 'taken'].sort());
  expect(await removeLeft(parent, going, before())).toBe(true);
  expect(readdirSync(parent)).toEqual(['taken']);
});
