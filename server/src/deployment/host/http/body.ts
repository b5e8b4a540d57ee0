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
  /** bytes of memory that they take */
  readonly held: number;
  body: () => Buffer;
}

const LEAST_ROOM = 4 * 1024;

/**
 * Bytes one after another. They are copied: pieces that are kept as they come cost some hundred bytes each, however small they are, and
 * whoever cuts a body into single bytes would take a multiple of it from us.
 */
function gather(most: number) {
  let room = Buffer.alloc(0);
  let size = 0;
  return {
    add(part: Buffer): void {
      if (size + part.length > room.length) {
        const wider = Buffer.allocUnsafeSlow(Math.max(size + part.length, Math.min(most, Math.max(LEAST_ROOM, 2 * room.length))));
        room.copy(wider, 0, 0, size);
        room = wider;
      }
      part.copy(room, size);
      size += part.length;
    },
    get size() {
      return size;
    },
    get held() {
      return room.length;
    },
    body: () => room.subarray(0, size),
  };
}

export function bodyOfLength(length: number): BodyReader {
  const gathered = gather(length);
  return {
    take(input) {
      const part = input.subarray(0, length - gathered.size);
      gathered.add(part);
      return part.length;
    },
    get isWhole() {
      return gathered.size === length;
    },
    get size() {
      return gathered.size;
    },
    get held() {
      return gathered.held;
    },
    body: gathered.body,
  };
}

/** bytes of one line between chunks: a size with its extensions, or a trailer */
const MOST_LINE = 256;
const MOST_TRAILERS = 32;
/** bytes between chunks: so many, and then so many for each byte within them. A chunk of a single byte has five around it. */
const MOST_BETWEEN = 64 * 1024;
const MOST_BETWEEN_EACH = 4;
const SIZE_LINE = /^([0-9a-fA-F]{1,8})[ \t]*(?:;[\t -~]*)?$/;
const TRAILER = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\u0080-\u00ff]*$/;

/** @param most bytes */
export function bodyInChunks(most: number): BodyReader {
  const gathered = gather(most);
  let between = 0;
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
    between += to - from;
    if (between > MOST_BETWEEN + MOST_BETWEEN_EACH * gathered.size)
      throw new BadRequest(400, 'most of the body is what stands between its chunks: send larger ones');
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
    if (gathered.size + left > most) throw new BadRequest(413, `the body is larger than ${most} bytes`);
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
          gathered.add(part);
          at += part.length;
          left -= part.length;
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
      return gathered.size;
    },
    get held() {
      return gathered.held;
    },
    body: gathered.body,
  };
}
