// Makes a call as the person who is logged in, and shows what comes back while it comes.

/** Characters of an answer that are shown. */
const MOST_SHOWN = 200_000;
const SAFE = new Set(['GET', 'HEAD']);

/** The word that a change must repeat (see authenticate.ts): of the server at this page's port, if its address has one. */
export function csrf(cookies = document.cookie, port = location.port) {
  const wordIn = (/** @type {string} */ name) => new RegExp(`(?:^|;\\s*)${name}=([^;]+)`).exec(cookies)?.[1];
  return (port && wordIn(`cellkeep_csrf_${port}`)) || wordIn('cellkeep_csrf') || '';
}

/**
 * @param {string} template path of the document, like "/runs/{id}"
 * @param {{ name: string, in: string, value: string }[]} given
 * @returns {string} relative to this page
 */
export function addressOf(template, given) {
  const path = template.replace(/\{(\w+)\}/g, (_all, name) => {
    const value = given.find((parameter) => parameter.in === 'path' && parameter.name === name)?.value ?? '';
    return value.split('/').map(encodeURIComponent).join('/');
  });
  const query = new URLSearchParams();
  for (const { name, in: place, value } of given) if (place === 'query' && value !== '') query.append(name, value);
  return `${path.slice(1)}${query.size > 0 ? `?${query}` : ''}`;
}

/**
 * @param {{ method: string, address: string, body: BodyInit | null, type: string | null }} call
 * @param {(status: string, text: string, isError: boolean) => void} show called again as more arrives
 * @param {AbortSignal} signal
 */
export async function tryIt({ method, address, body, type }, show, signal) {
  const headers = new Headers({ accept: 'application/json, text/event-stream, */*' });
  if (!SAFE.has(method)) headers.set('x-csrf-token', csrf());
  if (body !== null && type) headers.set('content-type', type);
  const since = performance.now();
  const response = await fetch(address, { method, headers, body, signal });
  const status = `${response.status} ${response.statusText} after ${Math.round(performance.now() - since)} ms`;
  const kind = response.headers.get('content-type') ?? '';
  let text = '';
  show(status, text, !response.ok);
  if (!response.body) return;
  if (!/json|text/.test(kind)) {
    const { size } = await response.blob();
    return show(status, `${size} bytes of ${kind || 'unknown type'}`, !response.ok);
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done && text.length < MOST_SHOWN; part = await reader.read()) {
    text += part.value;
    show(status, text.slice(0, MOST_SHOWN), !response.ok);
  }
  await reader.cancel();
  show(status, text.length < MOST_SHOWN ? indented(text, kind) : `${text.slice(0, MOST_SHOWN)}\n… (more was not read)`, !response.ok);
}

function indented(/** @type {string} */ text, /** @type {string} */ kind) {
  if (!kind.includes('json') || text === '') return text;
  return JSON.stringify(JSON.parse(text), null, 2);
}
