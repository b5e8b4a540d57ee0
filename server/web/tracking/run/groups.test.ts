import { expect, test } from 'vitest';
import { groupByPrefix, matching } from './groups.ts';

test('metrics without a slash come first, groups and their members by name and number', () => {
  expect(groupByPrefix(['val/loss', 'layer_10', 'train/loss', 'layer_2', 'train/auc', 'train/deep/x'])).toEqual([
    { prefix: '', metrics: ['layer_2', 'layer_10'] },
    { prefix: 'train', metrics: ['train/auc', 'train/deep/x', 'train/loss'] },
    { prefix: 'val', metrics: ['val/loss'] },
  ]);
});

test('a name is found by its words in any order and case', () => {
  expect(matching(['train/loss', 'val/loss', 'val/auc'], 'LOSS val')).toEqual(['val/loss']);
  expect(matching(['a', 'b'], '  ')).toEqual(['a', 'b']);
});
