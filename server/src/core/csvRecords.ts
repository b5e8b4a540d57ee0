/**
 * CSV as RFC 4180 has it, and as people write it: records end with LF, CR or CRLF, a quote inside an unquoted cell is a character, text
 * after a closing quote belongs to the cell, and blank lines are no records (as pandas reads them).
 */

export interface CsvRecord {
  cells: string[];
  /** The text ended before a line break did: the record may be cut. */
  atEnd: boolean;
  /** Where the next one begins. */
  end: number;
}

export function* csvRecords(text: string, delimiter: string): Generator<CsvRecord> {
  let at = 0;
  while (at < text.length) {
    const cells: string[] = [];
    let isBlank = true;
    let ended = false;
    while (!ended) {
      const isQuoted = text[at] === '"';
      const [cell, end] = isQuoted ? quotedCell(text, at, delimiter) : plainCell(text, at, delimiter);
      cells.push(cell);
      at = end;
      if (isQuoted || cell !== '') isBlank = false;
      ended = text[at] !== delimiter;
      if (!ended) at += 1;
    }
    const atEnd = at >= text.length;
    at += text.startsWith('\r\n', at) ? 2 : 1;
    if (!isBlank || cells.length > 1) yield { cells, atEnd, end: at };
  }
}

/** @returns the cell, and the position of what ended it */
function plainCell(text: string, from: number, delimiter: string): [string, number] {
  let end = from;
  while (end < text.length && text[end] !== delimiter && text[end] !== '\n' && text[end] !== '\r') end += 1;
  return [text.slice(from, end), end];
}

function quotedCell(text: string, from: number, delimiter: string): [string, number] {
  let cell = '';
  let start = from + 1;
  for (;;) {
    const quote = text.indexOf('"', start);
    if (quote < 0) return [cell + text.slice(start), text.length]; // never closed
    cell += text.slice(start, quote);
    if (text[quote + 1] !== '"') {
      const [rest, end] = plainCell(text, quote + 1, delimiter);
      return [cell + rest, end];
    }
    cell += '"';
    start = quote + 2;
  }
}

/** The comma, or what the first line has instead: spreadsheets in countries with a decimal comma write semicolons. */
export function delimiterOf(text: string): string {
  const end = text.search(/[\r\n]/);
  const line = (end < 0 ? text : text.slice(0, end)).replace(/"[^"]*"?/g, '');
  return [',', ';', '\t'].find((delimiter) => line.includes(delimiter)) ?? ',';
}
