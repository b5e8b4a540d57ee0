/**
 * Terminal text as runs of one look each: colours and weights of ECMA-48 (SGR), carriage returns and backspaces as a terminal shows them.
 * Every other escape sequence is left out. The result is data, never markup.
 */
export interface AnsiRun {
  text: string;
  /** Colour: 0 … 15 of the terminal's own, or `rgb(r g b)`. */
  fg?: number | string;
  bg?: number | string;
  bold?: true;
  dim?: true;
  italic?: true;
  underline?: true;
  inverse?: true;
  strike?: true;
}
type Look = Omit<AnsiRun, 'text'>;

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are made of them
const ESCAPE = /\u001b(?:\[([0-9;:]*)[ -/]*([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[PX^_][^\u001b]*(?:\u001b\\)?|[ -/]*[0-~])/g;

export function parseAnsi(source: string): AnsiRun[] {
  const text = overwrite(source);
  const runs: AnsiRun[] = [];
  let look: Look = {};
  let end = 0;
  const add = (part: string) => {
    if (part) runs.push({ text: part, ...look });
  };
  for (const match of text.matchAll(ESCAPE)) {
    add(text.slice(end, match.index));
    end = match.index + match[0].length;
    if (match[2] === 'm') look = nextLook(look, match[1] ?? '');
  }
  add(text.slice(end));
  return runs;
}

/** A progress bar writes one line again and again: what a terminal would show in the end is kept. */
function overwrite(source: string): string {
  if (source.includes('\b')) source = erase(source);
  if (!source.includes('\r')) return source;
  return source
    .split('\n')
    .map((line) => line.split('\r').findLast((state) => state !== '') ?? '')
    .join('\n');
}

/** A backspace takes the letter before it on its line. */
function erase(source: string): string {
  const kept: string[] = [];
  for (const letter of source) {
    if (letter !== '\b') kept.push(letter);
    else if (kept.at(-1) !== '\n') kept.pop();
  }
  return kept.join('');
}

function nextLook(before: Look, codes: string): Look {
  const look: Look = { ...before };
  const list = codes === '' ? [0] : codes.split(/[;:]/).map(Number);
  for (let i = 0; i < list.length; i++) {
    const code = list[i] ?? 0;
    if (code === 0) for (const name of Object.keys(look) as (keyof Look)[]) delete look[name];
    else if (code === 1) look.bold = true;
    else if (code === 2) look.dim = true;
    else if (code === 3) look.italic = true;
    else if (code === 4) look.underline = true;
    else if (code === 7) look.inverse = true;
    else if (code === 9) look.strike = true;
    else if (code === 22) {
      delete look.bold;
      delete look.dim;
    } else if (code === 23) delete look.italic;
    else if (code === 24) delete look.underline;
    else if (code === 27) delete look.inverse;
    else if (code === 29) delete look.strike;
    else if (code >= 30 && code <= 37) look.fg = code - 30;
    else if (code >= 90 && code <= 97) look.fg = code - 82;
    else if (code >= 40 && code <= 47) look.bg = code - 40;
    else if (code >= 100 && code <= 107) look.bg = code - 92;
    else if (code === 39) delete look.fg;
    else if (code === 49) delete look.bg;
    else if (code === 38 || code === 48) {
      const [colour, used] = longColour(list.slice(i + 1));
      i += used;
      if (colour !== null) look[code === 38 ? 'fg' : 'bg'] = colour;
    }
  }
  return look;
}

/** `5;n` of 256 colours or `2;r;g;b`; how many numbers it took. */
function longColour([kind, a = 0, b = 0, c = 0]: number[]): [number | string | null, number] {
  if (kind === 2) return [rgb([a, b, c]), 4];
  if (kind !== 5) return [null, 0];
  if (a < 16) return [a, 2];
  if (a >= 232) return [rgb(Array.from({ length: 3 }, () => 8 + (a - 232) * 10)), 2];
  const step = (n: number) => (n === 0 ? 0 : 55 + n * 40);
  const at = a - 16;
  return [rgb([Math.floor(at / 36), Math.floor(at / 6) % 6, at % 6].map(step)), 2];
}

const rgb = (parts: number[]) => `rgb(${parts.map((part) => Math.min(255, Math.max(0, Math.trunc(part) || 0))).join(' ')})`;
