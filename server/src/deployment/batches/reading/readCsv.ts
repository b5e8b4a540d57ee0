import { csvRecords, delimiterOf } from '../../../core/csvRecords.ts';
import { csvValue } from '../../host/rows/csvValue.ts';
import { LONGEST_ROW, type OpenRows, PIECE, type ReadRow, textOf, UnreadableFile } from './source.ts';

export const openCsv: OpenRows = async (source, readers, { name }) => {
  const records = recordsOf(textOf(source), /\.(tsv|tab)$/i.test(name) ? '\t' : null);
  const first = await records.next();
  if (first.done) throw new UnreadableFile('the file is empty: a line of names is needed, and a line for each row');
  const columns = first.value.map((cell) => cell.trim());
  const twice = columns.find((column, i) => columns.indexOf(column) !== i);
  if (twice !== undefined) throw new UnreadableFile(`the column ${JSON.stringify(twice)} comes twice; give each its own name`);
  const places = readers.map((reader) => columns.indexOf(reader.name));
  const rowOf = (cells: string[]): ReadRow => {
    if (cells.length !== columns.length) return `the line has ${cells.length} cells for ${columns.length} columns`;
    return readers.map(({ column }, i) => {
      const cell = cells[places[i] as number];
      if (cell === undefined) return undefined;
      return column.shape && cell.startsWith('[') ? listOf(cell) : csvValue(cell, column.type);
    });
  };
  return {
    rows: null,
    columns,
    async *pieces() {
      let piece: ReadRow[] = [];
      for await (const cells of records) {
        piece.push(rowOf(cells));
        if (piece.length < PIECE) continue;
        yield piece;
        piece = [];
      }
      if (piece.length > 0) yield piece;
    },
  };
};

/** A tensor's cell is JSON. */
function listOf(cell: string): unknown {
  try {
    return JSON.parse(cell);
  } catch {
    return cell; // what is wrong with it is said where it is read
  }
}

/** The last record of each piece of text may be cut: it waits for the next. */
async function* recordsOf(texts: AsyncIterable<string>, given: string | null): AsyncGenerator<string[]> {
  let delimiter = given;
  let text = '';
  let isFirst = true;
  for await (const more of texts) {
    text += isFirst ? more.replace(/^\ufeff/, '') : more;
    isFirst = false;
    delimiter ??= delimiterOf(text);
    let end = 0;
    for (const record of csvRecords(text, delimiter)) {
      if (record.atEnd) break;
      end = record.end;
      yield record.cells;
    }
    text = text.slice(end);
    if (text.length > LONGEST_ROW) throw new UnreadableFile('a line is longer than 64 MiB; perhaps a quote is never closed');
  }
  for (const { cells } of csvRecords(text, delimiter ?? ',')) yield cells;
}
