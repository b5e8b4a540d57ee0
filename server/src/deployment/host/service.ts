/**
 * Answers requests: who asks, may they, which release, what does it say. Everything that a request's head decides is worked out once and
 * kept with the head, since a client sends the same one over and over.
 */
import type { EndpointSettings } from '@cellkeep/schema/deployment';
import { Asking, type AskingOwner } from './asking.ts';
import type { BatchResult } from './batcher.ts';
import type { Asker, Callers } from './callers.ts';
import type { HttpRequest } from './http/connection.ts';
import type { Head } from './http/head.ts';
import type { Reply } from './http/reply.ts';
import { withFeatures } from './lookup.ts';
import type { PageContext } from './openApi.ts';
import { findOperation, type Operation } from './operations.ts';
import type { Question } from './protocols/protocol.ts';
import { Refusal, refusalReply } from './refusal.ts';
import type { RequestLog } from './requestLog.ts';
import { type Routes, shareOfKey } from './routing.ts';
import { readTable, refuseExtra } from './rows/table.ts';
import type { ServedRelease } from './served.ts';
import { askShadow } from './shadow.ts';

export interface ServingState {
  name: string;
  description: string;
  settings: EndpointSettings;
  /** Those that are loaded, of every role. */
  releases: readonly ServedRelease[];
  routes: Routes<ServedRelease>;
  /** Every release that takes traffic is loaded, or cannot be while another one is. */
  isReady: boolean;
  /** Which release cannot be loaded, and why; empty: all can. */
  trouble: string;
}

export interface ServiceOptions {
  state: () => ServingState;
  callers: Callers;
  log: RequestLog;
  say: (line: string) => void;
}

export interface Service {
  /** What a request is answered without its body: nobody may ask with this head, or the body is not needed. Null: it is to be read. */
  admit: (head: Head) => Reply | null | Promise<Reply | null>;
  handle: (request: HttpRequest) => void;
  /** To be told of each batch that a release has answered. */
  onBatch: (release: ServedRelease, result: BatchResult) => void;
  /** Requests that wait for an answer. */
  waiting: () => number;
  /** ms since the epoch; 0: none yet */
  lastRequestAt: () => number;
  close: () => void;
}

interface Memo {
  operation: Operation;
  /** Of the callers, when `asker` was found. */
  generation: number;
  asker: Asker | null;
  /** Share of the sticky header's value; -1: none came. */
  share: number;
  /** For which state the two were read. */
  state: ServingState;
  byHeader: ServedRelease | null;
}

/** A request with more rows is counted, and its rows are not kept. */
const MOST_KEPT_ROWS = 10_000;
/** ms */
const LOOK_FOR_LATE = 20;

export function createService({ state, callers, log, say }: ServiceOptions): Service {
  const waiting = new Set<Asking>();
  let lastRequestAt = 0;
  const owner: AskingOwner = {
    log,
    say,
    deadline: () => state().settings.deadlineMs,
    settled: (asking) => waiting.delete(asking),
  };

  const memoOf = (head: Head): Memo => {
    const now = state();
    const memo = head.memo as Memo | null;
    if (memo?.state === now) return memo;
    const sticky = head.headers.get(now.settings.stickyHeader.toLowerCase());
    const made: Memo = {
      operation: findOperation(head, now),
      generation: -1,
      asker: null,
      state: now,
      share: sticky === undefined ? -1 : shareOfKey(sticky),
      byHeader: now.routes.byHeader.find(({ name, value }) => head.headers.get(name) === value)?.release ?? null,
    };
    head.memo = made;
    return made;
  };

  const findAsker = (head: Head, memo: Memo): Asker | Promise<Asker> => {
    if (memo.asker && memo.generation === callers.generation && memo.asker.until > Date.now()) {
      memo.asker.usedAt = 1;
      return memo.asker;
    }
    const found = callers.find(head.headers);
    // Those of users are looked at again and again.
    if (!(found instanceof Promise) && found.isFixed) {
      memo.asker = found;
      memo.generation = callers.generation;
    }
    return found;
  };

  function ask(request: HttpRequest, memo: Memo, asker: Asker): void {
    const { operation } = memo;
    if (operation.kind === 'page') {
      request.answer(operation.answer(contextOf(memo.state)));
      return;
    }
    if (operation.kind !== 'predict') return;
    const { settings, routes } = memo.state;
    const release = operation.release ?? memo.byHeader ?? routes.byShare(memo.share < 0 ? Math.random() : memo.share);
    if (!release) throw noRelease(memo.state);
    lastRequestAt = 1;
    const wait = asker.limit?.take(request.at) ?? 0;
    if (wait > 0) throw tooMany(release, `this token may ask ${asker.limit?.ratePerSecond} times a second`, wait);
    if (waiting.size >= settings.maxConcurrency)
      throw tooMany(release, `${settings.maxConcurrency} requests are being answered, as many as may be at once`, 1);
    const asking = new Asking(owner, request, release, operation.protocol, asker.label);
    waiting.add(asking);
    try {
      const question = operation.protocol.read(request.head, request.body, release);
      if (question instanceof Promise || release.lookup) void later(asking, question, settings);
      else begin(asking, question, settings);
    } catch (error) {
      log.makeRoom();
      asking.failed(error);
    }
  }

  async function later(asking: Asking, given: Question | Promise<Question>, settings: EndpointSettings): Promise<void> {
    try {
      const question = await given;
      const { lookup, readers } = asking.release;
      if (lookup) {
        requireRows(question, settings);
        if (!question.mayHaveExtra) refuseExtra(question.table, lookup.keys);
        question.table = await withFeatures(question.table, readers, lookup, AbortSignal.timeout(settings.deadlineMs));
      }
      if (asking.isWanted()) begin(asking, question, settings);
    } catch (error) {
      log.makeRoom();
      asking.failed(error);
    }
  }

  function begin(asking: Asking, question: Question, settings: EndpointSettings): void {
    const { release } = asking;
    const { table } = question;
    requireRows(question, settings);
    if (!question.mayHaveExtra && !release.lookup) refuseExtra(table);
    const { columns, at } = release.batcher.place(table.count);
    readTable(table, release.readers, columns, at);
    asking.begin(question, columns, at);
    release.batcher.add(asking);
  }

  function onBatch(release: ServedRelease, result: BatchResult): void {
    const { rows, answers } = result;
    const jobs = result.jobs as readonly (Asking | { isWanted: () => boolean })[];
    if (!(jobs[0] instanceof Asking)) return; // a shadow's
    const askings = jobs as readonly Asking[];
    const { settings, routes } = state();
    release.counters.spread(rows, answers);
    log.makeRoom();
    keep(release, askings, result, settings.logRows);
    for (const shadow of routes.shadows) if (shadow !== release) askShadow(shadow, release, { rows, answers, jobs: askings }, log);
  }

  function keep(release: ServedRelease, askings: readonly Asking[], { rows, answers }: BatchResult, share: number): void {
    const isWhole = share === 1 && rows.count <= MOST_KEPT_ROWS && askings.every((asking) => asking.isWanted());
    if (isWhole) {
      log.keepRows(release.chunked, rows, answers, 0, rows.count);
      for (const asking of askings) asking.isKept = true;
      return;
    }
    for (const asking of askings) {
      if (!asking.isWanted() || asking.count > MOST_KEPT_ROWS || (share < 1 && Math.random() >= share)) continue;
      log.keepRows(release.chunked, rows, answers, asking.at, asking.at + asking.count);
      asking.isKept = true;
    }
  }

  const late = setInterval(() => {
    if (waiting.size === 0) return;
    const now = performance.now();
    const { deadlineMs } = state().settings;
    for (const asking of waiting) {
      if (now - asking.request.at <= deadlineMs) break; // in the order in which they came
      log.makeRoom();
      asking.expire();
    }
  }, LOOK_FOR_LATE);

  const replyTo = (memo: Memo | null, error: unknown): Reply => {
    const shape = memo?.operation.shape ?? 'common';
    if (!(error instanceof Refusal)) say(`a request failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    const refusal =
      error instanceof Refusal
        ? error
        : new Refusal('INTERNAL_SERVER_ERROR', { field: '', reason: 'the host failed; its log has the cause' });
    return refusalReply(refusal, shape);
  };
  const refuse = (request: HttpRequest, memo: Memo | null, error: unknown) => request.answer(replyTo(memo, error));

  return {
    admit(head) {
      let memo: Memo | null = null;
      try {
        memo = memoOf(head);
        const { operation } = memo;
        if (operation.kind === 'open') return operation.answer(contextOf(memo.state));
        const asker = findAsker(head, memo);
        if (!(asker instanceof Promise)) return null;
        const found = memo;
        return asker.then(
          () => null,
          (error: unknown) => replyTo(found, error),
        );
      } catch (error) {
        return replyTo(memo, error);
      }
    },
    handle(request) {
      let memo: Memo | null = null;
      try {
        memo = memoOf(request.head);
        const { operation } = memo;
        if (operation.kind === 'open') {
          request.answer(operation.answer(contextOf(memo.state)));
          return;
        }
        const asker = findAsker(request.head, memo);
        if (!(asker instanceof Promise)) {
          ask(request, memo, asker);
          return;
        }
        // The memory of the body is the socket's until then.
        const kept: HttpRequest = Object.create(request, { body: { value: Buffer.from(request.body) } });
        const found = memo;
        asker.then((known) => ask(kept, found, known)).catch((error: unknown) => refuse(request, found, error));
      } catch (error) {
        refuse(request, memo, error);
      }
    },
    onBatch,
    waiting: () => waiting.size,
    lastRequestAt() {
      const asked = lastRequestAt;
      lastRequestAt = 0;
      return asked === 0 ? 0 : Date.now();
    },
    close: () => clearInterval(late),
  };
}

const contextOf = ({ name, description, settings, releases, isReady, routes }: ServingState): PageContext => {
  return { name, description, settings, releases, isReady, release: routes.byShare(0) };
};

function requireRows({ table: { count } }: Question, { maxRows }: EndpointSettings): void {
  if (count === 0) throw new Refusal('BAD_REQUEST', { field: '', reason: 'there is no row', remedy: 'send at least one' });
  if (count <= maxRows) return;
  const reason = `there are ${count} rows, more than ${maxRows}`;
  throw new Refusal('PAYLOAD_TOO_LARGE', { field: '', reason, remedy: 'send them in several requests' });
}

function tooMany(release: ServedRelease, reason: string, seconds: number): Refusal {
  release.counters.rejected();
  return new Refusal('TOO_MANY_REQUESTS', { field: '', reason, remedy: 'wait as long as Retry-After says' }, { retryAfter: seconds });
}

function noRelease({ releases, name, trouble }: ServingState): Refusal {
  const unloaded = trouble || `endpoint ${name} has no release that is loaded`;
  const reason = releases.length === 0 ? unloaded : `no release of ${name} takes traffic`;
  return new Refusal('SERVICE_UNAVAILABLE', { field: '', reason, remedy: 'send it again in a moment' }, { retryAfter: 1 });
}
