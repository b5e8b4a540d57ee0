import { type ReactElement, useMemo, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { groupThousands } from '../../look/format.ts';
import { isNumberColumn, nextSort, sortedPlaces, type TableSort } from './rowOrder.ts';
import { MoreRows } from './rows.tsx';

const ROWS = 100; // drawn at first
const MOST_COLUMNS = 100; // a table of 1,000 columns holds a browser up for seconds, and nobody reads it

interface Props {
  table: { columns: readonly string[]; rows: readonly (readonly string[])[]; truncated: boolean };
  /** The file has rows that were not asked for yet. */
  hasMore: boolean;
  onMore: () => void;
}

/** Rows of a table that a run kept: numbers under numbers, in the order of the file or of a column. */
export function TableRows({ table, hasMore, onMore }: Props): ReactElement {
  const t = useTranslate();
  const [sort, setSort] = useState<TableSort | null>(null);
  const [limit, setLimit] = useState(ROWS);
  const { rows, truncated } = table;
  const columns = table.columns.slice(0, MOST_COLUMNS);
  const numeric = useMemo(() => table.columns.slice(0, MOST_COLUMNS).map((_, j) => isNumberColumn(rows, j)), [table, rows]);
  const places = useMemo(() => sortedPlaces(rows, sort), [rows, sort]);
  const count = groupThousands(rows.length);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
      <section className="ck-artifact-table" tabIndex={0} aria-label={t('First rows')}>
        <table className="ck-run-table">
          <thead>
            <tr>
              <th className="ck-faint" aria-label={t('Row')} />
              {columns.map((column, j) => {
                const direction = sort?.column === j ? sort.direction : null;
                return (
                  <th
                    // biome-ignore lint/suspicious/noArrayIndexKey: two columns of a file may have one name
                    key={j}
                    scope="col"
                    title={column}
                    className={numeric[j] ? 'ck-num' : undefined}
                    aria-label={column || t('Column {n}', { n: j + 1 })}
                    aria-sort={direction === null ? 'none' : direction === 'asc' ? 'ascending' : 'descending'}
                  >
                    <button
                      type="button"
                      className="ck-artifact-sort"
                      aria-label={t('Sort by {name}', { name: column || t('Column {n}', { n: j + 1 }) })}
                      onClick={() => {
                        setSort(nextSort(sort, j));
                        if (hasMore) onMore(); // the first 100 in order would say nothing of the others
                      }}
                    >
                      <span>{column}</span>
                      {direction !== null && <b aria-hidden="true">{direction === 'asc' ? '↑' : '↓'}</b>}
                    </button>
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {places.slice(0, limit).map((place) => (
              <tr key={place}>
                <td className="ck-faint ck-num">{place + 1}</td>
                {columns.map((_, j) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: as the columns
                  <td key={j} title={rows[place]?.[j]} className={numeric[j] ? 'ck-num' : undefined}>
                    {rows[place]?.[j]}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <MoreRows shown={Math.min(limit, rows.length)} total={rows.length} onMore={() => setLimit(limit * 4)} />
      {hasMore ? (
        <button
          type="button"
          className="ck-btn ck-quiet ck-small ck-run-more"
          onClick={() => {
            onMore();
            setLimit(ROWS * 4);
          }}
        >
          {t('Show more than the first {n} rows', { n: count })}
        </button>
      ) : (
        <p className="ck-run-none">
          {truncated
            ? t('The first {n} rows. Download the file for all of them.', { n: count })
            : t(rows.length === 1 ? '{n} row' : '{n} rows', { n: count })}
        </p>
      )}
      {table.columns.length > MOST_COLUMNS && (
        <p className="ck-run-none">
          {t('The first {n} columns of {total}.', { n: MOST_COLUMNS, total: groupThousands(table.columns.length) })}
        </p>
      )}
    </>
  );
}
