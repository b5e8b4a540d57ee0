/** Two letters at most: of the first and the last word, or the first two of the only one. By characters as people see them. */
export function initialsOf(name: string): string {
  const words = name.split(/[\s._@-]+/u).filter((word) => /[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(word));
  const [first, last] = [words[0], words.at(-1)];
  if (first === undefined || last === undefined) return [...name.trim()][0] ?? '?';
  const letters = (word: string) => graphemes(word).filter((one) => /[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(one));
  const two = words.length > 1 ? [letters(first)[0], letters(last)[0]] : letters(first).slice(0, 2);
  return two.join('').toLocaleUpperCase();
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const graphemes = (word: string): string[] => [...segmenter.segment(word)].map(({ segment }) => segment);
