/** Names for runs that were given none: easy to say, to tell apart and to find again. */
import { randomInt } from 'node:crypto';

const MOODS = [
  ...['brisk', 'calm', 'clear', 'deft', 'eager', 'fair', 'fleet', 'fond', 'glad', 'keen', 'lively', 'loyal', 'lucid', 'mellow', 'merry'],
  ...[
    'mild',
    'neat',
    'nimble',
    'odd',
    'patient',
    'plucky',
    'polite',
    'prime',
    'proud',
    'quick',
    'quiet',
    'rapid',
    'ready',
    'sage',
    'sharp',
  ],
  ...['shy', 'sleek', 'smooth', 'snug', 'solid', 'spry', 'steady', 'sunny', 'swift', 'tidy', 'vivid', 'warm', 'wise', 'witty', 'zesty'],
];
const ANIMALS = [
  ...['badger', 'bison', 'crane', 'curlew', 'dove', 'eagle', 'egret', 'falcon', 'finch', 'fox', 'gecko', 'grouse', 'hare', 'hawk', 'heron'],
  ...['ibis', 'jay', 'kite', 'lark', 'lemur', 'lynx', 'marten', 'mole', 'newt', 'osprey', 'otter', 'owl', 'panda', 'plover', 'quail'],
  ...['raven', 'robin', 'seal', 'shrew', 'stoat', 'stork', 'swan', 'tern', 'toad', 'trout', 'turtle', 'viper', 'vole', 'wren', 'yak'],
];

/** @example "calm-otter-12" */
export function newRunName(): string {
  return `${MOODS[randomInt(MOODS.length)]}-${ANIMALS[randomInt(ANIMALS.length)]}-${randomInt(1, 1_000)}`;
}
