/** Which headers pass the door, in each direction. */
import type { IncomingHttpHeaders } from 'node:http';

/** Of one connection (RFC 9110, section 7.6.1), or the door's own to say. */
const NOT_FORWARDED = new Set([
  ...[
    'connection',
    'keep-alive',
    'proxy-authenticate',
    'proxy-authorization',
    'proxy-connection',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
  ],
  ...['host', 'expect', 'content-length', 'cookie', 'authorization', 'x-csrf-token', 'x-cellkeep-door', 'x-cellkeep-caller'],
  ...['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-prefix', 'forwarded'],
]);

/** What the caller sent, without what belongs to its connection, to our session, or to the door. */
export function requestHeaders(given: IncomingHttpHeaders): Record<string, string | string[]> {
  const named = new Set((given.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  return Object.fromEntries(
    Object.entries(given).filter((entry): entry is [string, string | string[]] => {
      const [name, value] = entry;
      return value !== undefined && !NOT_FORWARDED.has(name) && !named.has(name);
    }),
  );
}

/** All others stay outside: a host must not set cookies, policies or redirects for the server's own pages. */
const ANSWERED = new Set([
  ...['content-type', 'content-length', 'content-encoding', 'content-language', 'content-disposition', 'retry-after', 'allow', 'date'],
  ...['www-authenticate', 'inference-header-content-length', 'ratelimit', 'ratelimit-policy'],
]);

export function answerHeaders(given: IncomingHttpHeaders): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(given).filter((entry): entry is [string, string | string[]] => {
      const [name, value] = entry;
      return value !== undefined && (ANSWERED.has(name) || name.startsWith('x-cellkeep-'));
    }),
  );
}
