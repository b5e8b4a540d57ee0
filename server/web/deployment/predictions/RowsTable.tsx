import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { formatNumber, groupThousands } from '../../look/format.ts';

const MOST_ROWS = 100;
const MOST_COLUMNS = 200;

/** Rows as a table, with exact values on hover; what is too much is said. */
export function RowsTable({
  rows: { columns, data },
  label,
  chosen,
  onChoose,
}: {
  rows: { columns: readonly string[]; data: readonly (readonly unknown[])[] };
  label: string;
  /** The row that something below is about. */
  chosen?: number;
  onChoose?: (row: number) => void;
}): ReactElement {
  const t = useTranslate();
  const shownColumns = columns.slice(0, MOST_COLUMNS);
  const numeric = shownColumns.map((_, column) => isNumeric(data, column));
  return (
    <div className="ck-rows-table">
      <table className="ck-list" aria-label={label}>
        <thead>
          <tr>
            {onChoose && (
              <th>
                <span className="ck-spoken">{t('Row')}</span>
              </th>
            )}
            {shownColumns.map((name, column) => (
              <th key={name} title={name} className={numeric[column] ? 'ck-num' : undefined}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {data.slice(0, MOST_ROWS).map((row, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other name than their place
            <tr key={i} aria-selected={onChoose ? i === chosen : undefined}>
              {onChoose && (
                <td>
                  <button type="button" className="ck-link" aria-label={t('Row {n}', { n: i })} onClick={() => onChoose(i)}>
                    {i}
                  </button>
                </td>
              )}
              {shownColumns.map((name, column) => (
                <Value key={name} value={row[column]} isNumber={numeric[column] === true} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {(data.length > MOST_ROWS || columns.length > MOST_COLUMNS) && (
        <p className="ck-faint">
          {t('{rows} of {n} rows, {columns} of {m} columns', {
            rows: Math.min(MOST_ROWS, data.length),
            n: groupThousands(data.length),
            columns: shownColumns.length,
            m: groupThousands(columns.length),
          })}
        </p>
      )}
    </div>
  );
}

/** As its first known value is. */
const isNumeric = (data: readonly (readonly unknown[])[], column: number) =>
  typeof data.find((row) => row[column] !== null && row[column] !== undefined)?.[column] === 'number';

function Value({ value, isNumber }: { value: unknown; isNumber: boolean }): ReactElement {
  if (value === null || value === undefined) return <td className={isNumber ? 'ck-num ck-faint' : 'ck-faint'}>–</td>;
  if (typeof value === 'number') {
    return (
      <td className="ck-num" title={String(value)}>
        {formatNumber(value)}
      </td>
    );
  }
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return <td title={text.slice(0, 2_000)}>{text.slice(0, 200)}</td>;
}
