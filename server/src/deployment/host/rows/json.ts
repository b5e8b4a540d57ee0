/** The JSON of a body, with the place where it stops being JSON. */
import { isAscii, isUtf8 } from 'node:buffer';
import { jsonErrorAt } from '../../../core/jsonPosition.ts';
import { badRequest } from '../refusal.ts';
import type { Json } from './tables.ts';

export function textOfBody(body: Buffer): string {
  if (isAscii(body)) return body.toString('latin1');
  if (!isUtf8(body)) throw badRequest('', 'the body is no UTF-8');
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.toString('utf8', 3) : body.toString('utf8');
}

/**
 * Of a key that comes twice in an object the last value counts, as JSON.parse has it and as most readers of JSON do (RFC 8259, section 4).
 * @throws Refusal with line and column
 */
export function jsonOfBody(body: Buffer): Json {
  return jsonOfText(textOfBody(body));
}

export function jsonOfText(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    if (text.trim() === '') throw badRequest('', 'the body is empty', 'send JSON');
    const { line, column } = jsonErrorAt(text);
    const isNoNumber = /^(NaN|-?Infinity)/.test(text.split('\n')[line - 1]?.slice(column - 1) ?? '');
    const remedy = isNoNumber ? 'JSON has no NaN and no Infinity: send null, or leave the value out' : undefined;
    throw Object.assign(badRequest('', `the body stops being JSON at line ${line}, column ${column}`, remedy), { cause });
  }
}
