/** One request on its way through a model: what it asked, what it is answered, and what is logged of it. */
import type { Explanation } from '@cellkeep/schema/deployment';
import type { Protocol as ProtocolName } from '../predictionLog/index.ts';
import { predictionIdOf } from '../predictionLog/index.ts';
import type { Job } from './batcher.ts';
import type { Explaining } from './explaining.ts';
import type { HttpRequest } from './http/connection.ts';
import { type Answers, type ColumnValues, ModelFailure } from './model.ts';
import type { Question } from './protocols/protocol.ts';
import { Refusal, type RefusalShape, refusalReply } from './refusal.ts';
import type { RequestLog } from './requestLog.ts';
import type { ServedRelease } from './served.ts';

export interface AskingOwner {
  log: RequestLog;
  /** ms that a request may take */
  deadline: () => number;
  settled: (asking: Asking) => void;
  /** Of a model that failed, for the host's lines. */
  say: (line: string) => void;
}

/** Nobody waits for the answer any more (nginx' word for it). */
const CLIENT_WENT = 499;

export class Asking implements Job {
  readonly request: HttpRequest;
  readonly release: ServedRelease;
  readonly protocol: ProtocolName;
  readonly caller: string;
  readonly #shape: RefusalShape;
  readonly #owner: AskingOwner;
  #question: Question | null = null;
  #isSettled = false;
  /**
   * Its rows stand in the log, and stay there whatever becomes of it: an answer that was late, or that nobody waited for, is one that the
   * model gave.
   */
  isKept = false;
  count = 0;
  at = 0;
  columns: ColumnValues[] = [];

  constructor(
    owner: AskingOwner,
    request: HttpRequest,
    release: ServedRelease,
    { name, shape }: { name: ProtocolName; shape: RefusalShape },
    caller: string,
  ) {
    this.#owner = owner;
    this.request = request;
    this.release = release;
    this.protocol = name;
    this.#shape = shape;
    this.caller = caller;
  }

  begin(question: Question, columns: ColumnValues[], at: number): void {
    this.#question = question;
    this.count = question.table.count;
    this.columns = columns;
    this.at = at;
  }

  isWanted(): boolean {
    return !this.#isSettled && !this.request.isGone;
  }

  answered(answers: Answers, from: number): void {
    if (this.#isSettled) return;
    if (this.request.isGone) {
      this.#settle(CLIENT_WENT, this.count);
      return;
    }
    const now = performance.now();
    if (now - this.request.at > this.#owner.deadline()) {
      this.expire();
      return;
    }
    const id = this.#settle(200, this.count, now);
    const { explain } = this.#question as Question;
    if (explain) void this.#explain(answers, from, id, explain);
    else this.#reply(answers, from, id);
  }

  /** It is logged as answered already: its rows stand in the log where the next request would take them for its own. */
  async #explain(answers: Answers, from: number, id: string, asked: Explaining): Promise<void> {
    // The columns are the batch's, which uses them again.
    const columns = this.columns.map((values, c) => {
      const width = this.release.readers[c]?.width ?? 1;
      return values.slice(this.at * width, (this.at + this.count) * width) as ColumnValues;
    });
    const left = this.request.at + this.#owner.deadline() - performance.now();
    try {
      const signal = AbortSignal.timeout(Math.max(1, Math.ceil(left)));
      this.#reply(answers, from, id, await this.release.explain({ count: this.count, columns }, asked, signal));
    } catch (error) {
      const isLate = error instanceof Error && error.name === 'TimeoutError';
      this.#say(isLate ? this.#tooLate() : error instanceof Refusal ? error : asRefusal(error, this.#owner.say), id);
    }
  }

  #reply(answers: Answers, from: number, id: string, explanations?: Explanation[]): void {
    try {
      const { release, count } = this;
      const reply = (this.#question as Question).reply({ release, answers, from, count, predictionId: id, explanations });
      reply.headers = `${reply.headers ?? ''}x-cellkeep-prediction-id: ${id}\r\nx-cellkeep-version: ${this.release.record.version}\r\n`;
      this.request.answer(reply);
    } catch (error) {
      // A protocol that cannot say this answer: outputs that were asked for and are not there.
      this.#say(error instanceof Refusal ? error : asRefusal(error, this.#owner.say), id);
    }
  }

  failed(error: unknown): void {
    this.refuse(error instanceof Refusal ? error : asRefusal(error, this.#owner.say));
  }

  /** The answer comes too late, if it comes. */
  expire(): void {
    this.refuse(this.#tooLate());
  }

  #tooLate(): Refusal {
    return new Refusal('DEADLINE_EXCEEDED', { field: '', reason: `the model did not answer within ${this.#owner.deadline()} ms` });
  }

  refuse(refusal: Refusal): void {
    if (this.#isSettled) return;
    this.#say(refusal, this.#settle(refusal.status, this.isKept ? this.count : 0));
  }

  #say(refusal: Refusal, id: string): void {
    const reply = refusalReply(refusal, this.#shape);
    reply.headers = `${reply.headers ?? ''}x-cellkeep-prediction-id: ${id}\r\n`;
    this.request.answer(reply);
  }

  /** @returns the prediction id */
  #settle(status: number, rows: number, now = performance.now()): string {
    this.#isSettled = true;
    const { log } = this.#owner;
    const { life, number } = log.next();
    const at = Date.now();
    const latencyUs = Math.max(0, Math.round((now - this.request.at) * 1_000));
    this.release.counters.answered(status, rows, latencyUs);
    log.add({
      ...{ number, at, release: this.release.chunked, latencyUs, rows, status, protocol: this.protocol },
      ...{ isShadow: false, caller: this.caller, kept: this.isKept ? this.count : 0 },
    });
    this.#owner.settled(this);
    return predictionIdOf({ at, life, number });
  }
}

function asRefusal(error: unknown, say: (line: string) => void): Refusal {
  if (error instanceof ModelFailure && error.isGone) {
    return new Refusal(
      'SERVICE_UNAVAILABLE',
      { field: '', reason: error.message, remedy: 'send it again in a moment' },
      { retryAfter: 1, cause: error },
    );
  }
  say(`a prediction failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  const reason = error instanceof ModelFailure ? error.message : 'the host failed; its log has the cause';
  return new Refusal('INTERNAL_SERVER_ERROR', { field: '', reason }, { cause: error });
}
