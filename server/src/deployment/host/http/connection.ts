/**
 * One connection: reads a request, has it answered, reads the next. Requests that were sent ahead wait in the socket, so that a connection
 * never holds more than one of them. A reader of our own, since node:http takes more time than validation, model and log together.
 */
import type { Socket } from 'node:net';
import { type BodyReader, bodyInChunks, bodyOfLength } from './body.ts';
import { BadRequest, type Head, MOST_HEAD, readHead } from './head.ts';
import { type Reply, writeReply } from './reply.ts';

export interface HttpRequest {
  head: Head;
  /** Valid until the handler returns: it lies in the memory of the socket. */
  body: Buffer;
  /** ms, of performance.now: when the whole request was there */
  at: number;
  /** The client went away: an answer reaches nobody. */
  readonly isGone: boolean;
  answer: (reply: Reply) => void;
}

export interface HttpOwner {
  /**
   * Asked before a body is waited for that has not come with its head: what the request gets without it, null where it is to be read. So
   * nobody fills our memory who may not ask.
   */
  admit: (head: Head) => Reply | null | Promise<Reply | null>;
  handle: (request: HttpRequest) => void;
  /** What a request gets that never became one. */
  refuse: (status: number, reason: string) => Reply;
  /** bytes of a body */
  maxBody: () => number;
  /** May so many bytes more be gathered, of all bodies? Negative: they are no longer held. */
  hold: (bytes: number) => boolean;
  isDraining: () => boolean;
  /** Everything should be answered by now: what is on its way goes on while its client takes it. */
  isLeaving: () => boolean;
  /** While draining: that a client does not get its answer, and why. */
  say: (line: string) => void;
  /** ms since the epoch, a second behind at most */
  clock: () => number;
  closed: (connection: Connection) => void;
}

/** ms */
export const PATIENCE = { head: 10_000, idle: 75_000, body: 30_000, answer: 30_000, lastAnswer: 10_000, discard: 5_000, farewell: 300 };
/** bytes a ms that a body must come at, once its first time is over */
const LEAST_RATE = 16;
/** bytes sent ahead that are held while a request is answered */
const MOST_AHEAD = 64 * 1024;
/** bytes of an answer that are given to the socket at once. A client has to take each such piece within the patience for answers. */
const PIECE = 128 * 1024;
/** The same while draining, where patience is shorter. */
const LAST_PIECE = 16 * 1024;
/** bytes of a refused body that are read, so that a client that is still sending comes to the answer. */
const MOST_DISCARDED = 64 * 1024 * 1024;

export class Connection {
  readonly #socket: Socket;
  readonly #owner: HttpOwner;
  #state: 'head' | 'admit' | 'body' | 'answer' | 'sending' | 'discard' | 'closed' = 'head';
  #input: Buffer | null = null;
  #head: Head | null = null;
  /** The head before, which a client mostly sends once more. */
  #lastBytes: Buffer | null = null;
  #lastHead: Head | null = null;
  #reader: BodyReader | null = null;
  #held = 0;
  #discarded = 0;
  /** bytes of an answer that are not given to the socket yet */
  #unsent = 0;
  #isRunning = false;
  #hasEnded = false;
  /** Clock at which the state began, or its first byte came, or the client took the last piece of its answer. */
  #since: number;

  constructor(socket: Socket, owner: HttpOwner) {
    this.#socket = socket;
    this.#owner = owner;
    this.#since = owner.clock();
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.on('end', () => this.#end());
    socket.on('error', () => socket.destroy()); // resets are a client's business
    socket.on('drain', () => {
      if (this.#state === 'head') this.#go();
    });
    socket.on('finish', () => {
      this.#since = owner.clock();
    });
    socket.on('close', () => {
      this.#state = 'closed';
      this.#release();
      owner.closed(this);
    });
  }

  get isIdle(): boolean {
    return this.#state === 'head' && this.#input === null;
  }

  /** Once a second: ends what takes too long. */
  look(clock: number): void {
    const waited = clock - this.#since;
    const patience = this.#owner.isLeaving() ? PATIENCE.lastAnswer : PATIENCE.answer;
    const isStuck = this.#isSending && this.#state !== 'answer' && this.#state !== 'admit' && waited > patience;
    const isOver = this.#state === 'discard' && !this.#isSending && waited > PATIENCE.discard;
    if (isStuck) this.cut(`it took nothing for ${Math.round(waited / 1_000)} s`);
    else if (isOver) this.#socket.destroy();
    else if (this.isIdle) {
      if (waited > PATIENCE.idle || (this.#owner.isDraining() && waited > PATIENCE.farewell)) this.#socket.end();
    } else if (this.#state === 'head' && waited > PATIENCE.head) this.#refuse(408, 'the head of the request did not come in time');
    else if (this.#state === 'body' && waited > PATIENCE.body + (this.#reader?.size ?? 0) / LEAST_RATE)
      this.#refuse(408, 'the body of the request came too slowly');
  }

  /** What has not become an answer by now becomes none; one that is on its way goes on. */
  leave(): void {
    if (this.#state === 'answer') this.cut('the model has not answered');
    else if (this.isIdle) this.#socket.destroy();
    else if (this.#state === 'head' || this.#state === 'admit' || this.#state === 'body')
      this.#refuse(503, 'this host ends: send it again');
  }

  /** Whatever is going on. */
  cut(why: string): void {
    if (this.#owner.isDraining() && (this.#isSending || this.#state === 'answer')) {
      const left = this.#socket.writableLength + this.#unsent;
      const address = `${this.#socket.remoteAddress}:${this.#socket.remotePort}`;
      this.#owner.say(`the answer to ${address} was cut off${left > 0 ? `, at least ${left} bytes of it were left` : ''}: ${why}`);
    }
    this.#socket.destroy();
  }

  get #isSending(): boolean {
    return this.#state === 'sending' || this.#socket.writableLength > 0;
  }

  #take(bytes: Buffer): void {
    if (this.#state === 'discard') {
      this.#discarded += bytes.length;
      if (this.#discarded > MOST_DISCARDED) this.#socket.destroy();
      return;
    }
    if (this.#input === null) {
      if (this.#state === 'head') this.#since = this.#owner.clock();
      this.#input = bytes;
    } else this.#input = Buffer.concat([this.#input, bytes]);
    if (this.#state === 'head' || this.#state === 'body') this.#go();
    else if (this.#input.length > MOST_AHEAD) this.#socket.pause();
  }

  /** A client that says no more may still be waiting for its answer. */
  #end(): void {
    this.#hasEnded = true;
    if (this.#state === 'head' && this.#input === null) this.#socket.end();
    else if (this.#state === 'head' || this.#state === 'body') this.#socket.destroy();
  }

  #go(): void {
    if (this.#isRunning) return; // a handler that answers at once comes back here
    this.#isRunning = true;
    try {
      while (this.#step());
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      this.#refuse(error.status, error.message);
    } finally {
      this.#isRunning = false;
    }
  }

  /** @returns whether there may be more to do with what has come */
  #step(): boolean {
    if (this.#state === 'head') return this.#input !== null && !this.#socket.writableNeedDrain && this.#readHead(this.#input);
    if (this.#state === 'body') return this.#input !== null && this.#readBody(this.#input);
    return false;
  }

  #readHead(input: Buffer): boolean {
    const from = input[0] === 13 && input[1] === 10 ? 2 : 0; // an empty line before a request is let through (RFC 9112, 2.2)
    const end = input.indexOf('\r\n\r\n', from, 'latin1');
    if ((end < 0 ? input.length : end) > MOST_HEAD) throw new BadRequest(431, `the head is larger than ${MOST_HEAD} bytes`);
    if (end < 0) return false;
    const bytes = input.subarray(from, end);
    let head = this.#lastHead;
    if (!head || !this.#lastBytes?.equals(bytes)) {
      head = readHead(bytes);
      this.#lastHead = head;
      this.#lastBytes = Buffer.from(bytes);
    }
    this.#head = head;
    return this.#beginBody(head, input, end + 4);
  }

  #beginBody(head: Head, input: Buffer, from: number): boolean {
    const most = this.#owner.maxBody();
    const { length } = head;
    if (length !== null && length > most) throw new BadRequest(413, `the body has ${length} bytes, more than ${most}`);
    if (length !== null && input.length - from >= length) {
      this.#input = input.length === from + length ? null : input.subarray(from + length);
      this.#handle(head, input.subarray(from, from + length));
      return true;
    }
    this.#input = input.length === from ? null : input.subarray(from);
    this.#state = 'admit';
    const judged = this.#owner.admit(head);
    if (!(judged instanceof Promise)) return this.#admitted(head, judged);
    void judged.then((reply) => {
      if (!this.#admitted(head, reply)) return;
      this.#go();
      if (this.#state === 'body' && this.#hasEnded) this.#socket.destroy();
    });
    return false;
  }

  #admitted(head: Head, reply: Reply | null): boolean {
    if (this.#state !== 'admit') return false; // it went away
    if (reply) {
      this.#close(reply, head.method === 'HEAD');
      return false;
    }
    if (head.expectsContinue) this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    this.#reader = head.length === null ? bodyInChunks(this.#owner.maxBody()) : bodyOfLength(head.length);
    this.#state = 'body';
    this.#since = this.#owner.clock();
    if (this.#socket.isPaused()) this.#socket.resume();
    return true;
  }

  #readBody(input: Buffer): boolean {
    const reader = this.#reader as BodyReader;
    const taken = reader.take(input);
    this.#input = taken === input.length ? null : input.subarray(taken);
    const more = reader.held - this.#held;
    this.#held = reader.held;
    if (!this.#owner.hold(more)) throw new BadRequest(503, 'too many large bodies are on their way');
    if (!reader.isWhole) return false;
    this.#reader = null;
    this.#handle(this.#head as Head, reader.body());
    return true;
  }

  #handle(head: Head, body: Buffer): void {
    this.#state = 'answer';
    const connection = this;
    this.#owner.handle({
      head,
      body,
      at: performance.now(),
      get isGone() {
        return connection.#state === 'closed';
      },
      answer: (reply) => connection.#answer(head, reply),
    });
    this.#release();
  }

  #answer(head: Head, reply: Reply): void {
    if (this.#state !== 'answer') return; // it went away, or has been answered
    const keepAlive = head.keepAlive && !this.#owner.isDraining() && !(this.#hasEnded && this.#input === null);
    this.#send(reply, keepAlive, head.method === 'HEAD');
  }

  /** Says what is wrong, and closes: where this request ends is not certain. */
  #refuse(status: number, reason: string): void {
    if (this.#state !== 'closed') this.#close(this.#owner.refuse(status, reason), false);
  }

  #close(reply: Reply, isHead: boolean): void {
    this.#release();
    this.#reader = null;
    this.#send(reply, false, isHead);
  }

  #send(reply: Reply, keepAlive: boolean, isHead: boolean): void {
    const { text, encoding, rest } = writeReply(reply, this.#owner.clock(), keepAlive, isHead);
    if (text.length + (rest?.length ?? 0) > PIECE) {
      this.#state = 'sending';
      if (rest) this.#socket.write(text, encoding);
      this.#sendOn(rest ?? Buffer.from(text, encoding), keepAlive);
      return;
    }
    if (rest) this.#socket.cork();
    this.#socket.write(text, encoding);
    if (rest) {
      this.#socket.write(rest);
      this.#socket.uncork();
    }
    this.#sent(keepAlive);
  }

  /** Piece by piece: that is how we see that a slow client still takes it. */
  #sendOn(bytes: Buffer, keepAlive: boolean): void {
    this.#since = this.#owner.clock();
    const piece = this.#owner.isDraining() ? LAST_PIECE : PIECE;
    this.#unsent = Math.max(0, bytes.length - piece);
    this.#socket.write(bytes.subarray(0, piece), () => {
      if (this.#state !== 'sending') return; // it went away
      if (bytes.length > piece) this.#sendOn(bytes.subarray(piece), keepAlive);
      else this.#sent(keepAlive);
    });
  }

  /** To the next request; or closes, and reads off what still comes, so that a client that is still sending comes to the answer. */
  #sent(keepAlive: boolean): void {
    this.#since = this.#owner.clock();
    if (!keepAlive || (this.#hasEnded && this.#input === null)) {
      this.#state = 'discard';
      this.#input = null;
      this.#socket.end();
      this.#socket.resume();
      return;
    }
    this.#state = 'head';
    if (this.#socket.isPaused()) this.#socket.resume();
    if (this.#input !== null) this.#go();
  }

  #release(): void {
    if (this.#held === 0) return;
    this.#owner.hold(-this.#held);
    this.#held = 0;
  }
}
