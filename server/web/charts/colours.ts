/** Colours of runs by a field: each run its own, or a number between blue and orange, or a word by its place. */
import type { RunStyle } from '../look/runColour.ts';
import { COLOURS } from '../look/runColour.ts';
import type { Column } from './fields.ts';

/** Both can be seen on light and dark ground and are told apart by every kind of colour vision (Okabe and Ito). */
const [LOW, HIGH] = ['--ck-s1', '--ck-s5'];
const ABSENT = '--ck-faint';

export interface Colouring {
  of: (place: number) => string;
  /** What the colours mean; empty where each run has its own. */
  legend: { label: string; colour: string }[];
  /** The colours go over into each other from the first to the last of the legend. */
  isRamp: boolean;
}

export type Resolve = (variable: string) => string;

/** Reads custom properties as colours that a file or a canvas can have. */
export function resolver(element: Element): Resolve {
  const css = getComputedStyle(element);
  const known = new Map<string, string>();
  return (variable) => {
    const name = variable.startsWith('var(') ? variable.slice(4, -1) : variable;
    let colour = known.get(name);
    if (colour === undefined) {
      colour = css.getPropertyValue(name).trim();
      known.set(name, colour);
    }
    return colour;
  };
}

export function colouringOf(
  runIds: readonly string[],
  column: Column | null,
  styles: ReadonlyMap<string, RunStyle>,
  resolve: Resolve,
  text: (value: number) => string,
): Colouring {
  if (!column) return { of: (i) => resolve(styles.get(runIds[i] ?? '')?.colour ?? ABSENT), legend: [], isRamp: false };
  const { kind, values } = column;
  const absent = values.includes(null) ? [{ label: '–', colour: resolve(ABSENT) }] : [];
  if (kind === 'category') {
    const words = [...new Set(values.filter((value) => value !== null))].sort() as string[];
    const colourOf = (word: string) => resolve(`--ck-s${(words.indexOf(word) % COLOURS) + 1}`);
    return {
      of: (i) => (values[i] == null ? resolve(ABSENT) : colourOf(values[i] as string)),
      legend: [...words.map((word) => ({ label: word, colour: colourOf(word) })), ...absent],
      isRamp: false,
    };
  }
  const known = values.filter((value) => typeof value === 'number');
  const [least, greatest] = [Math.min(...known), Math.max(...known)];
  const [low, high] = [resolve(LOW as string), resolve(HIGH as string)];
  const colourOf = (value: number) => mix(low, high, greatest > least ? (value - least) / (greatest - least) : 0.5);
  return {
    of: (i) => (typeof values[i] === 'number' ? colourOf(values[i]) : resolve(ABSENT)),
    legend: known.length === 0 ? [] : [least, greatest].map((value) => ({ label: text(value), colour: colourOf(value) })),
    isRamp: true,
  };
}

/** Between two colours in sRGB, by part. */
export function mix(from: string, to: string, part: number): string {
  const [a, b] = [channels(from), channels(to)];
  if (!a || !b) return from;
  return `#${a
    .map((value, i) =>
      Math.round(value + ((b[i] as number) - value) * part)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}

function channels(colour: string): number[] | null {
  const [, hex] = /^#([0-9a-f]{6})$/i.exec(colour) ?? [];
  return hex ? [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) : null;
}
