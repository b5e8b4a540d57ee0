/** Page tokens as MLflow's server writes them: base64 of `{"offset": 100}`. Clients pass them on as they are. */
import { invalidParameter } from './errors.ts';

export const pageToken = (offset: number): string => Buffer.from(`{"offset": ${offset}}`).toString('base64');

/** @returns where the page begins; 0 without a token */
export function offsetOf(token: string | undefined): number {
  if (!token) return 0;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(token) || token.length % 4 !== 0)
    throw invalidParameter('Invalid page token, could not base64-decode');
  const text = Buffer.from(token, 'base64').toString('utf8');
  let offset: unknown;
  try {
    offset = (JSON.parse(text) as { offset?: unknown } | null)?.offset;
  } catch {
    throw invalidParameter(`Invalid page token, decoded value=b'${text}'`);
  }
  const number = Number(offset);
  if (!offset || !Number.isSafeInteger(number) || number < 0) throw invalidParameter(`Invalid page token, parsed value=${text}`);
  return number;
}
