/** Answers, as they go over the wire. */
import { STATUS_CODES } from 'node:http';

export interface Reply {
  status: number;
  contentType: string;
  body: string | Buffer;
  /** Whole lines, each with its line end: "retry-after: 1\r\n". */
  headers?: string;
}

const FIXED = 'x-content-type-options: nosniff\r\ncache-control: no-store\r\n';

const firstLines = new Map<string, string>();

/** First line and the headers that answers of this kind share, made once. */
function firstLinesOf(status: number, contentType: string): string {
  const key = status + contentType;
  let text = firstLines.get(key);
  if (text === undefined) {
    if (firstLines.size > 1_000) firstLines.clear();
    text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Status'}\r\n${FIXED}content-type: ${contentType}\r\n`;
    firstLines.set(key, text);
  }
  return text;
}

let dateLine = '';
let dateOf = 0;

/** @param clock ms since the epoch, to the second */
function dateLineOf(clock: number): string {
  const second = Math.floor(clock / 1_000);
  if (second !== dateOf) {
    dateOf = second;
    dateLine = `date: ${new Date(second * 1_000).toUTCString()}\r\n`;
  }
  return dateLine;
}

export interface WrittenReply {
  /** Head, and the body where it is ASCII. */
  text: string;
  encoding: 'latin1' | 'utf8';
  /** Bytes that follow. */
  rest: Buffer | null;
}

export function writeReply(
  { status, contentType, body, headers = '' }: Reply,
  clock: number,
  keepAlive: boolean,
  isHead: boolean,
): WrittenReply {
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  const connection = keepAlive ? '' : 'connection: close\r\n';
  const head = `${firstLinesOf(status, contentType)}${dateLineOf(clock)}${headers}${connection}content-length: ${length}\r\n\r\n`;
  if (isHead) return { text: head, encoding: 'latin1', rest: null };
  if (typeof body !== 'string') return { text: head, encoding: 'latin1', rest: body };
  return { text: head + body, encoding: length === body.length ? 'latin1' : 'utf8', rest: null };
}
