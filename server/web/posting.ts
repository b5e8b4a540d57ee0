/**
 * Operations asked for beside the WebSocket: what a page needs first, before there is one, and megabytes of numbers, which the server
 * answers on a shorter way over HTTP. What was asked for in the head of the page (app/early.ts) is not asked for again.
 */
import { antiForgery } from './antiForgery.ts';

declare global {
  interface Window {
    /** What was asked for in the head of the page, by `nameOf`. */
    cellkeepEarly?: Map<string, Early>;
  }
}

interface Early {
  at: number;
  answer: Promise<Response>;
}

const FRESH = 10_000; // ms; a page that had to log in first asks again

/** @param path "api/v1/…", below `base` */
export function post(base: string, path: string, input: object, init: { accept?: string; signal?: AbortSignal } = {}): Promise<Response> {
  const { accept = 'application/json', signal } = init;
  const headers = { accept, 'content-type': 'application/json', ...antiForgery() };
  return fetch(new URL(path, base), { method: 'POST', headers, body: JSON.stringify(input), signal });
}

/** Asks now; whoever asks for the same soon after, and first, has this answer. */
export function postEarly(path: string, input: object): void {
  const answer = post(document.baseURI, path, input);
  answer.catch(() => undefined); // whoever takes it asks again, and tells
  window.cellkeepEarly ??= new Map();
  window.cellkeepEarly.set(nameOf(path, input), { at: Date.now(), answer });
}

/** Null: it was not asked for, or has failed. */
export async function takeEarly(path: string, input: object): Promise<Response | null> {
  const name = nameOf(path, input);
  const early = window.cellkeepEarly?.get(name);
  window.cellkeepEarly?.delete(name);
  if (!early || Date.now() - early.at > FRESH) return null;
  const answer = await early.answer.catch(() => null);
  return answer?.ok ? answer : null;
}

const nameOf = (path: string, input: object) => `${path} ${JSON.stringify(input)}`;
