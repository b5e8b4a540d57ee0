/**
 * The head of a request (RFC 9112), read strictly: what two readers could understand differently is refused, so that nobody between a
 * client and a host sees another request than we do.
 */

export interface Head {
  method: string;
  /** As it was sent, without the query. */
  path: string;
  /** Without "?"; empty where there is none. */
  query: string;
  headers: Headers;
  keepAlive: boolean;
  /** bytes of the body; null: it comes in chunks */
  length: number | null;
  expectsContinue: boolean;
  /** What a handler worked out from this head: a client sends the same one with each request of a connection. */
  memo: unknown;
}

/** By lower-case name; several of one name are joined as the RFC says. */
export type Headers = ReadonlyMap<string, string>;

export class BadRequest extends Error {
  override name = 'BadRequest';
  readonly status: number;

  constructor(status: number, reason: string) {
    super(reason);
    this.status = status;
  }
}

/** bytes */
export const MOST_HEAD = 16 * 1024;
const MOST_HEADERS = 100;

const REQUEST_LINE = /^([A-Z]{1,20}) ([!-~]{1,8192}) HTTP\/1\.([01])$/;
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f]/;
/** A second one of these would be another request to somebody else. */
const ONCE = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'authorization',
  'content-type',
  'expect',
  'inference-header-content-length',
]);

/** @param bytes up to, and without, the empty line @throws BadRequest */
export function readHead(bytes: Buffer): Head {
  const [line = '', ...lines] = bytes.toString('latin1').split('\r\n');
  const [, method, target, minor] = REQUEST_LINE.exec(line) ?? [];
  if (method === undefined || target === undefined) throw new BadRequest(400, 'the first line is none of HTTP/1.1');
  if (lines.length > MOST_HEADERS) throw new BadRequest(431, `there are ${lines.length} headers, more than ${MOST_HEADERS}`);
  const headers = readHeaders(lines);
  if (minor === '1' && !headers.has('host')) throw new BadRequest(400, 'the header Host is missing');
  const { path, query } = readTarget(target);
  const connection = headers.get('connection')?.toLowerCase().split(',').map(withoutBlanks) ?? [];
  return {
    method,
    path,
    query,
    headers,
    keepAlive: minor === '1' ? !connection.includes('close') : connection.includes('keep-alive'),
    length: lengthOf(headers, minor === '1'),
    expectsContinue: expects(headers.get('expect')),
    memo: null,
  };
}

function readHeaders(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const given = line.slice(0, Math.max(0, colon));
    const value = withoutBlanks(line.slice(colon + 1));
    // Folded lines, blanks before the colon and bare line feeds all end here.
    if (!NAME.test(given) || CONTROL.test(value)) throw new BadRequest(400, 'a header is malformed');
    const name = given.toLowerCase();
    const before = headers.get(name);
    if (before !== undefined && ONCE.has(name)) throw new BadRequest(400, `the header ${name} comes twice`);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

/** By hand: a pattern that ends with blanks tries them again from each blank on, which takes seconds for a head that is full of them. */
function withoutBlanks(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from += 1;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to -= 1;
  return text.slice(from, to);
}
const isBlank = (code: number) => code === 32 || code === 9;

function readTarget(target: string): { path: string; query: string } {
  const from = target.startsWith('/') ? target : (/^https?:\/\/[^/?#]+(\/.*)?$/i.exec(target)?.[1] ?? null);
  if (from === null || from.includes('#')) throw new BadRequest(400, 'the address is no path');
  const at = from.indexOf('?');
  return at < 0 ? { path: from, query: '' } : { path: from.slice(0, at), query: from.slice(at + 1) };
}

function lengthOf(headers: Headers, mayBeChunked: boolean): number | null {
  const length = headers.get('content-length');
  const encoding = headers.get('transfer-encoding');
  if (encoding !== undefined) {
    if (length !== undefined) throw new BadRequest(400, 'Content-Length and Transfer-Encoding contradict each other');
    if (!mayBeChunked) throw new BadRequest(400, 'HTTP/1.0 has no Transfer-Encoding');
    if (encoding.toLowerCase() !== 'chunked')
      throw new BadRequest(501, `Transfer-Encoding ${JSON.stringify(encoding)} is none that this takes`);
    return null;
  }
  if (length === undefined) return 0;
  if (!/^\d{1,15}$/.test(length)) throw new BadRequest(400, `Content-Length ${JSON.stringify(length)} is no number of bytes`);
  return Number(length);
}

function expects(value: string | undefined): boolean {
  if (value === undefined) return false;
  if (value.toLowerCase() === '100-continue') return true;
  throw new BadRequest(417, `Expect ${JSON.stringify(value)} is none that this meets`);
}
