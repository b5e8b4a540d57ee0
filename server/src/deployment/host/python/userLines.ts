/** What a model prints, as lines for the log. It may print as fast as it likes: what is too much is counted, not kept. */
import type { Readable } from 'node:stream';

const MOST_LINES = 100; // a second
const LONGEST = 4_000; // characters

export function readLines(stream: Readable, say: (line: string) => void, now: () => number = Date.now): void {
  let rest = '';
  let [second, told, left] = [0, 0, 0];
  const line = (text: string) => {
    const this_ = Math.floor(now() / 1_000);
    if (this_ !== second) {
      if (left > 0) say(`… ${left} more lines were left out`);
      [second, told, left] = [this_, 0, 0];
    }
    if (++told > MOST_LINES) left++;
    else say(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
  };
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) line(text.replace(/\r$/, ''));
    // A line without an end must not be kept without one.
    if (rest.length > LONGEST) {
      line(rest);
      rest = '';
    }
  });
  stream.on('end', () => {
    if (rest) line(rest);
    if (left > 0) say(`… ${left} more lines were left out`);
  });
  stream.on('error', () => {}); // its process is gone
}
