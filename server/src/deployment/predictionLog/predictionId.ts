/**
 * Prediction ids: 12 hex digits of ms since the epoch, 12 of the host's life (48 random bits, chosen when a host starts), 8 of the
 * request's number in that life. The life and the number find the chunk, the time is for people and for sorting.
 */
import { randomBytes } from 'node:crypto';

export interface PredictionPlace {
  /** ms since the epoch */
  at: number;
  life: number;
  number: number;
}

const PATTERN = /^[0-9a-f]{32}$/;
/** A life has as many numbers; at 25,000 requests a second they last two days, then the host begins another life. */
export const NUMBERS_OF_A_LIFE = 2 ** 32;

export function newLife(): number {
  return randomBytes(6).readUIntBE(0, 6);
}

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');

let lastTime = -1;
let lastLife = -1;
let lastText = '';

export function predictionIdOf({ at, life, number }: PredictionPlace): string {
  // The first 24 digits stay the same for a millisecond, in which a busy host gives some 30 ids.
  if (at !== lastTime || life !== lastLife) {
    lastTime = at;
    lastLife = life;
    lastText = hex(at, 12) + hex(life, 12);
  }
  return lastText + hex(number, 8);
}

/** Null where the text is none. */
export function parsePredictionId(id: string): PredictionPlace | null {
  if (!PATTERN.test(id)) return null;
  return {
    at: Number.parseInt(id.slice(0, 12), 16),
    life: Number.parseInt(id.slice(12, 24), 16),
    number: Number.parseInt(id.slice(24), 16),
  };
}
