/** Bodies that do not come in one piece with their head. Nothing is set aside for what a client only says that it will send. */
import { BadRequest } from './head.ts';

export interface BodyReader {
  /**
   * Takes what has come. @returns how many bytes of it belong to the body
   * @throws BadRequest where it is malformed or too large
   */
  take: (input: Buffer) => number;
  readonly isWhole: boolean;
  /** bytes gathered so far */
  readonly size: number;
  body: () => Buffer;
}

export function bodyOfLength(length: number): BodyReader {
  const parts: Buffer[] = [];
  let size = 0;
  return {
    take(input) {
      const part = input.length <= length - size ? input : input.subarray(0, length - size);
      if (part.length > 0) parts.push(part);
      size += part.length;
      return part.length;
    },
    get isWhole() {
      return size === length;
    },
    get size() {
      return size;
    },
    body: () => (parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, size)),
  };
}

/** bytes of one line between chunks: a size with its extensions, or a trailer */
const MOST_LINE = 256;
const MOST_TRAILERS = 32;
const SIZE_LINE = /^([0-9a-fA-F]{1,8})[ \t]*(?:;[\t -~]*)?$/;
const TRAILER = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\u0080-\u00ff]*$/;

/** @param most bytes */
export function bodyInChunks(most: number): BodyReader {
  const parts: Buffer[] = [];
  let size = 0;
  let line = '';
  let left = 0;
  let trailers = 0;
  let state: 'size' | 'data' | 'end of data' | 'trailer' | 'whole' = 'size';

  /** Up to and with the line feed; the line is whole where it ends with one. */
  const takeLine = (input: Buffer, from: number): number => {
    const end = input.indexOf(10, from);
    const to = end < 0 ? input.length : end + 1;
    if (line.length + to - from > MOST_LINE) throw new BadRequest(400, 'a line between chunks is too long');
    line += input.toString('latin1', from, to);
    return to;
  };
  const wholeLine = (): string | null => {
    if (!line.endsWith('\n')) return null;
    if (!line.endsWith('\r\n')) throw new BadRequest(400, 'a line between chunks ends without a carriage return');
    const text = line.slice(0, -2);
    line = '';
    return text;
  };
  const readSize = (text: string) => {
    const [, digits] = SIZE_LINE.exec(text) ?? [];
    if (digits === undefined) throw new BadRequest(400, 'the size of a chunk is no hexadecimal number');
    left = Number.parseInt(digits, 16);
    if (size + left > most) throw new BadRequest(413, `the body is larger than ${most} bytes`);
    state = left === 0 ? 'trailer' : 'data';
  };
  const readTrailer = (text: string) => {
    if (text === '') state = 'whole';
    else if (!TRAILER.test(text) || ++trailers > MOST_TRAILERS) throw new BadRequest(400, 'a trailer is malformed');
  };

  return {
    take(input) {
      let at = 0;
      while (at < input.length && state !== 'whole') {
        if (state === 'data') {
          const part = input.subarray(at, at + left);
          parts.push(part);
          at += part.length;
          left -= part.length;
          size += part.length;
          if (left === 0) state = 'end of data';
          continue;
        }
        at = takeLine(input, at);
        const text = wholeLine();
        if (text === null) continue;
        if (state === 'size') readSize(text);
        else if (state === 'trailer') readTrailer(text);
        else if (text === '') state = 'size';
        else throw new BadRequest(400, 'a chunk is longer than it said');
      }
      return at;
    },
    get isWhole() {
      return state === 'whole';
    },
    get size() {
      return size;
    },
    body: () => Buffer.concat(parts, size),
  };
}
