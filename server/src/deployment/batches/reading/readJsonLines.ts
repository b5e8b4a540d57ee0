import { BEYOND, isBeyond } from '../../host/rows/beyond.ts';
import { LONGEST_ROW, type OpenRows, PIECE, type ReadRow, textOf, UnreadableFile } from './source.ts';

/** One object a line; blank lines are none. */
export const openJsonLines: OpenRows = async (source, readers) => ({
  rows: null,
  columns: null,
  async *pieces() {
    const rowOf = (line: string): ReadRow => {
      const record = objectOf(line);
      if (record === null) return 'the line is no JSON object';
      const row = readers.map(({ name }) => (Object.hasOwn(record, name) ? record[name] : undefined));
      const beyond = row.findIndex(isBeyond);
      return beyond === -1 ? row : `${readers[beyond]?.name} ${BEYOND}`;
    };
    let piece: ReadRow[] = [];
    for await (const line of linesOf(textOf(source))) {
      piece.push(rowOf(line));
      if (piece.length < PIECE) continue;
      yield piece;
      piece = [];
    }
    if (piece.length > 0) yield piece;
  },
});

function objectOf(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

async function* linesOf(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  let isFirst = true;
  for await (const text of texts) {
    const lines = (rest + (isFirst ? text.replace(/^\ufeff/, '') : text)).split('\n');
    if (isFirst && /^\s*\[/.test(lines[0] ?? ''))
      throw new UnreadableFile(
        'this is a JSON list, which cannot be read in pieces; write one object a line (pandas: to_json(orient="records", lines=True))',
      );
    isFirst = false;
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST_ROW) throw new UnreadableFile('a line is longer than 64 MiB');
    for (const line of lines) if (line.trim() !== '') yield line;
  }
  if (rest.trim() !== '') yield rest;
}
