/** Which browser pages may speak to us: our own, at the address by which the browser knows us. */
import type { IncomingMessage } from 'node:http';

/**
 * Whether the request comes from a page of ours. Behind a proxy the browser knows us by the proxy's name, which it passes on; no page
 * can set that header on a WebSocket, and on a request only where we allowed it to (we never do).
 * @returns null where the request names no Origin: no page sent it, or one of ours by GET
 */
export function isOwnOrigin(request: IncomingMessage): boolean | null {
  const { origin } = request.headers;
  if (origin === undefined) return null;
  try {
    return ownHosts(request).includes(new URL(origin).host);
  } catch {
    return false; // "null" of a sandboxed frame
  }
}

function splitList(header: string | string[] | undefined): string[] {
  return [header ?? []].flat().flatMap((value) => value.split(',').map((part) => part.trim()));
}

const PREFIX = /^(\/[A-Za-z0-9._~@%+-]+)*\/?$/;

/** The path under which a proxy shows us, without a slash at its end; empty where there is none or it is no clean path. */
export function prefixOf({ headers }: IncomingMessage): string {
  const given = headers['x-forwarded-prefix'];
  if (typeof given !== 'string' || given.length > 1_024 || !PREFIX.test(given)) return '';
  return given.split('/').some((part) => part === '.' || part === '..') ? '' : given.replace(/\/$/, '');
}

/** What a browser may know us by: first by what the proxy nearest to it says, last by what reached us. */
const ownHosts = ({ headers }: IncomingMessage): string[] =>
  [...splitList(headers['x-forwarded-host']), headers.host ?? ''].filter(Boolean); // an Origin like file:// has an empty one

/**
 * The ports of these, likeliest first; empty for the one that the scheme has by default. A page of ours names its own port, as its scripts
 * know it (`location.port`), where a proxy may name the default one, or an inner one.
 */
export function portsOf(request: IncomingMessage): string[] {
  const ports = ownHosts(request).map((host) => /:(\d{1,5})$/.exec(host)?.[1] ?? '');
  const ofPage = isOwnOrigin(request) ? [new URL(request.headers.origin as string).port] : [];
  return [...new Set([...ofPage, ...ports])];
}

/** The address under which the client reached us, without a slash at its end: what a proxy says of itself goes before our own. */
export function baseUrlOf(request: IncomingMessage): string {
  const { headers } = request;
  const [scheme = ''] = splitList(headers['x-forwarded-proto']);
  const own = (request.socket as { encrypted?: boolean }).encrypted ? 'https' : 'http';
  const [host = headers.host ?? 'localhost'] = splitList(headers['x-forwarded-host']);
  return `${/^https?$/.test(scheme) ? scheme : own}://${host}${prefixOf(request)}`;
}
