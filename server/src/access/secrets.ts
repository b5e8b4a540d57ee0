/**
 * Secrets: 256 random bits each, stored only as SHA-256. A slow hash guards passwords that can be guessed; these cannot, and every
 * request checks one. They are looked up by their hash, so no comparison tells by its time how much of a guess was right.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export const TOKEN_PREFIX = 'ck_';

export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

export function newToken(): { secret: string; prefix: string; hash: Buffer } {
  const secret = `${TOKEN_PREFIX}${newSecret()}`;
  return { secret, prefix: secret.slice(0, 8), hash: hashOf(secret) };
}

export function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

export function sameHash(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The word that a page must repeat with each change; follows from the session's secret, so a planted cookie does not fit. */
export function csrfOf(sessionSecret: string): string {
  return createHmac('sha256', sessionSecret).update('cellkeep csrf').digest('base64url');
}
