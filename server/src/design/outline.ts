/**
 * Where the members of a JSON object lie in its bytes, found in one pass over bytes that come in pieces: a cell or an output of a GiB is
 * checked, and its small members are read, without holding it. Those of the member `data` (an output's MIME parts) are found too.
 *
 * The grammar is all of RFC 8259's: what passes may be copied into a notebook as it is. Repeated names are refused, since readers differ
 * in which one counts.
 */

export interface Span {
  /** Byte positions; `end` is not included. */
  start: number;
  end: number;
  kind: 'string' | 'object' | 'array' | 'other';
  /** Of an array: it holds strings and nothing else. */
  onlyStrings: boolean;
  /** Of a short string that is a member of the object itself: what it says. */
  text?: string;
}

export interface Outline {
  members: Map<string, Span>;
  data: Map<string, Span>;
  /** Where the member `metadata` says `trusted`, with the comma that goes with it: without these bytes it is a whole object still. */
  trusted: Pick<Span, 'start' | 'end'> | null;
}

/** It is no JSON object, or one that we do not take; the message says why and where. */
export class NoOutline extends Error {}

const DEEPEST = 1_000;
const MOST_MEMBERS = 1_000;
const LONGEST_NAME = 4_096;
/** bytes of a string that is kept in `text` */
const LONGEST_TEXT = 100;
/** bytes of a number */
const LONGEST_SCALAR = 1_024;
const SCALAR = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const SMALL_U = 0x75;
const ESCAPES = new Set([...'"\\/bfnrt'].map((one) => one.charCodeAt(0)));

type Wants = 'value' | 'valueOrEnd' | 'name' | 'nameOrEnd' | 'colon' | 'commaOrEnd' | 'nothing';
type Inside = 'none' | 'string' | 'escape' | 'hex' | 'scalar';

const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const isHex = (byte: number) => (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);

/** For each position of these bytes where the next quote or backslash is, or their end. */
function specials(bytes: Uint8Array): (from: number) => number {
  const next = (byte: number) => {
    let known = -1;
    return (from: number) => {
      if (known < from) {
        const found = bytes.indexOf(byte, from);
        known = found < 0 ? bytes.length : found;
      }
      return known;
    };
  };
  const [quote, backslash] = [next(QUOTE), next(BACKSLASH)];
  return (from) => Math.min(quote(from), backslash(from));
}

export class OutlineReader {
  private readonly outline: Outline = { members: new Map(), data: new Map(), trusted: null };
  private readonly utf8 = new TextDecoder('utf-8', { fatal: true });
  private readonly stack: ('object' | 'array')[] = [];
  private wants: Wants = 'value';
  private inside: Inside = 'none';
  private isName = false;
  private hexLeft = 0;
  private at = 0;
  /** The string that has begun may be short enough for `text`. */
  private isShort = false;
  /** Bytes of a name, a short string or a scalar that has begun. */
  private held: number[] = [];
  /** Name of the member that has begun, at each of the two levels that are kept. */
  private readonly names: string[] = [];
  private readonly open: (Span | null)[] = [null, null];
  /** Of the second level: where its member begins, with the comma before it; the first one has none. */
  private memberFrom = 0;
  private isFirst = true;

  write(bytes: Uint8Array): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point
    const hasControls = /[\u0000-\u001f]/.test(this.decode(bytes, true));
    const nextSpecial = specials(bytes);
    const start = this.at;
    for (let i = 0; i < bytes.length; i++) {
      // Nearly all bytes are those of long strings, and are passed over.
      if (this.inside === 'string' && !hasControls && !this.isName && !this.isShort) i = nextSpecial(i);
      this.at = start + i;
      if (i < bytes.length) this.take(bytes[i] as number);
    }
    this.at = start + bytes.length;
  }

  /** @throws NoOutline where it is not whole */
  end(): Outline {
    this.decode(new Uint8Array(), false);
    if (this.wants !== 'nothing') this.refuse('it ends too early');
    return this.outline;
  }

  private decode(bytes: Uint8Array, stream: boolean): string {
    try {
      return this.utf8.decode(bytes, { stream });
    } catch {
      return this.refuse('it is no UTF-8');
    }
  }

  private take(byte: number): void {
    if (this.inside === 'none') return void this.between(byte);
    if (this.inside === 'scalar') {
      if (!isSpace(byte) && byte !== COMMA && byte !== CLOSE_ARRAY && byte !== CLOSE_OBJECT) return void this.hold(byte, LONGEST_SCALAR);
      this.endScalar();
      return void this.between(byte);
    }
    if (this.inside === 'string') {
      if (byte === QUOTE) return void this.endString();
      if (byte < 0x20) this.refuse('a string holds a control character that is not escaped');
      if (byte === BACKSLASH) this.inside = 'escape';
    } else if (this.inside === 'escape') {
      if (byte === SMALL_U) [this.inside, this.hexLeft] = ['hex', 4];
      else if (ESCAPES.has(byte)) this.inside = 'string';
      else this.refuse('a string holds an escape that JSON does not have');
    } else {
      if (!isHex(byte)) this.refuse('a string holds an escape that JSON does not have');
      this.hexLeft -= 1;
      if (this.hexLeft === 0) this.inside = 'string';
    }
    if (this.isName) this.hold(byte, LONGEST_NAME);
    else if (this.isShort && this.held.push(byte) > LONGEST_TEXT) [this.isShort, this.held] = [false, []];
  }

  private between(byte: number): void {
    if (isSpace(byte)) return;
    const { wants } = this;
    if (byte === COMMA && wants === 'commaOrEnd') this.separate();
    else if (byte === COLON && wants === 'colon') this.wants = 'value';
    else if (byte === CLOSE_OBJECT && (wants === 'nameOrEnd' || (wants === 'commaOrEnd' && this.stack.at(-1) === 'object'))) this.close();
    else if (byte === CLOSE_ARRAY && (wants === 'valueOrEnd' || (wants === 'commaOrEnd' && this.stack.at(-1) === 'array'))) this.close();
    else if (byte === QUOTE && (wants === 'name' || wants === 'nameOrEnd')) [this.inside, this.isName] = ['string', true];
    else if (wants === 'value' || wants === 'valueOrEnd') this.begin(byte);
    else this.refuse(`${JSON.stringify(String.fromCharCode(byte))} stands where it may not`);
  }

  private separate(): void {
    this.wants = this.stack.at(-1) === 'object' ? 'name' : 'value';
    if (this.stack.length !== 2) return;
    const { trusted } = this.outline;
    const isAfterTrusted = this.isFirst && this.names[0] === 'metadata' && trusted?.start === this.memberFrom;
    if (isAfterTrusted) [trusted.end, this.memberFrom] = [this.at + 1, this.at + 1];
    else [this.isFirst, this.memberFrom] = [false, this.at];
  }

  private begin(byte: number): void {
    const kind = byte === QUOTE ? 'string' : byte === OPEN_OBJECT ? 'object' : byte === OPEN_ARRAY ? 'array' : 'other';
    const depth = this.stack.length;
    if (depth === 0 && kind !== 'object') this.refuse('it is no JSON object');
    const isKept = depth === 1 || (depth === 2 && this.names[0] === 'data' && this.open[0]?.kind === 'object');
    if (isKept && this.stack.at(-1) === 'object') this.open[depth - 1] = { start: this.at, end: 0, kind, onlyStrings: true };
    else if (kind !== 'string' && this.stack.at(-1) === 'array') {
      const outer = this.open[depth - 2];
      if (outer?.kind === 'array') outer.onlyStrings = false;
    }
    if (kind === 'string') [this.inside, this.isName, this.isShort] = ['string', false, depth === 1];
    else if (kind === 'other') {
      this.inside = 'scalar';
      this.hold(byte, LONGEST_SCALAR);
    } else {
      if (depth === DEEPEST) this.refuse(`it is nested deeper than ${DEEPEST} levels`);
      this.stack.push(kind);
      if (depth === 1) [this.isFirst, this.memberFrom] = [true, this.at + 1];
      this.wants = kind === 'object' ? 'nameOrEnd' : 'valueOrEnd';
    }
  }

  private close(): void {
    this.stack.pop();
    this.endValue(this.at + 1);
  }

  private endString(): void {
    this.inside = 'none';
    const depth = this.stack.length;
    const text = this.isShort || (this.isName && depth <= 2) ? (JSON.parse(`"${Buffer.from(this.held).toString()}"`) as string) : undefined;
    this.held = [];
    if (this.isName) {
      if (text !== undefined) this.names[depth - 1] = text;
      this.wants = 'colon';
      return;
    }
    const span = this.open[0];
    if (text !== undefined && span) span.text = text;
    this.isShort = false;
    this.endValue(this.at + 1);
  }

  private endScalar(): void {
    const text = Buffer.from(this.held).toString();
    this.held = [];
    this.inside = 'none';
    if (!SCALAR.test(text)) this.refuse(`${JSON.stringify(text.slice(0, 40))} is no value`);
    this.endValue(this.at);
  }

  private endValue(end: number): void {
    const depth = this.stack.length;
    this.wants = depth === 0 ? 'nothing' : 'commaOrEnd';
    if (depth === 2 && this.stack[1] === 'object' && this.names[0] === 'metadata' && this.names[1] === 'trusted') {
      if (this.outline.trusted) this.refuse('the member "trusted" of `metadata` stands twice');
      this.outline.trusted = { start: this.memberFrom, end };
    }
    const span = depth === 1 || depth === 2 ? this.open[depth - 1] : null;
    if (!span || this.stack.at(-1) !== 'object') return;
    this.open[depth - 1] = null;
    span.end = end;
    const into = depth === 1 ? this.outline.members : this.outline.data;
    const name = this.names[depth - 1] ?? '';
    if (into.has(name)) this.refuse(`the member ${JSON.stringify(name.slice(0, 100))} stands twice`);
    if (into.size === MOST_MEMBERS) this.refuse(`it has more than ${MOST_MEMBERS} members`);
    into.set(name, span);
  }

  private hold(byte: number, most: number): void {
    if (this.held.push(byte) > most) this.refuse('a name or a number is too long');
  }

  private refuse(reason: string): never {
    throw new NoOutline(`${reason} (byte ${this.at})`);
  }
}

/** The outline of bytes that are there already. */
export function outlineOf(bytes: Uint8Array): Outline {
  const reader = new OutlineReader();
  reader.write(bytes);
  return reader.end();
}
