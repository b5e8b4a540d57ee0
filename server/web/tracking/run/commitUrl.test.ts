import { expect, test } from 'vitest';
import { commitUrl } from './commitUrl.ts';

const sha = '0123456789abcdef0123456789abcdef01234567';

test.each([
  ['https://github.com/acme/flights.git', `https://github.com/acme/flights/commit/${sha}`],
  ['git@github.com:acme/flights.git', `https://github.com/acme/flights/commit/${sha}`],
  ['ssh://git@gitlab.acme.org:2222/team/flights.git', `https://gitlab.acme.org/team/flights/-/commit/${sha}`],
  ['https://bitbucket.org/acme/flights', `https://bitbucket.org/acme/flights/commits/${sha}`],
  ['https://example.org/acme/flights.git', null],
  ['javascript:alert(1)//github.com/x/y', null],
  ['https://github.com/../../evil', null],
  ['/srv/git/flights.git', null],
  ['', null],
])('the commit of remote %s is at %s', (remote, url) => {
  expect(commitUrl({ commit: sha, branch: '', dirty: false, remote })).toBe(url);
});

test('what is no commit hash leads nowhere', () => {
  expect(commitUrl({ commit: '"><script>', branch: '', dirty: false, remote: 'https://github.com/a/b' })).toBeNull();
});
