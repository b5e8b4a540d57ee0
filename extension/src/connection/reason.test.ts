import { expect, test } from 'vitest';
import { reason } from './reason';

const refused = (data: unknown) => Object.assign(new Error('This needs a right that you do not have.'), { data });

test.each<[string, unknown, string]>([
  [
    'a refusal with what to do',
    refused({ issues: [{ reason: 'Vera is viewer', remedy: 'ask an owner' }] }),
    'Vera is viewer – ask an owner',
  ],
  ['a refusal without reasons', refused({ issues: [] }), 'This needs a right that you do not have.'],
  ['a refusal in words of another program', refused({ issues: 'none' }), 'This needs a right that you do not have.'],
  ['a refusal with reasons that are none', refused({ issues: [null, {}] }), 'This needs a right that you do not have.'],
  ['an error of this page', new Error('No notebook is open.'), 'No notebook is open.'],
  ['something else that was thrown', 'why', 'why'],
  ['nothing', null, 'null'],
])('%s is said as people read it', (_, thrown, said) => {
  expect(reason(thrown)).toBe(said);
});
