import { expect, test } from 'vitest';
import { pathOfMlflowLink } from './mlflowLinks.ts';

const run = '0123456789abcdef0123456789abcdef';

test.each([
  [`#/experiments/7/runs/${run}`, `runs/${run}`],
  [`#/experiments/7/runs/${run}/artifacts`, `runs/${run}`],
  ['#/experiments/7', 'experiments/7'],
  ['#/experiments/7?searchFilter=', 'experiments/7'],
  ['', null],
  ['#comment-1', null],
  ['#/experiments/../../evil', null],
  ['#/models/forest/versions/1', null],
])('%j leads to %j', (hash, path) => {
  expect(pathOfMlflowLink(hash)).toBe(path);
});
