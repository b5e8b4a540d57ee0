import { type ReactElement, useState } from 'react';
import { useTranslate } from '../host.ts';
import { exactNumber, formatNumber, groupThousands } from '../look/format.ts';
import { ViewLink } from '../look/ViewLink.tsx';
import type { Cell } from './exportFiles.ts';

const ROWS = 100; // drawn at first

/** What a chart shows, as a table: for whom a picture says nothing, and for reading exact values. */
export function DataTable({
  label,
  columns,
  rows,
}: {
  label: string;
  columns: readonly string[];
  /** `runId`: the first cell links to it. */
  rows: readonly { key: string; runId?: string; cells: readonly Cell[] }[];
}): ReactElement {
  const t = useTranslate();
  const [limit, setLimit] = useState(ROWS);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
      <section className="ck-chart-table" tabIndex={0} aria-label={label}>
        <table className="ck-run-table">
          <thead>
            <tr>
              {columns.map((column, i) => (
                <th key={column} scope="col" className={typeof rows[0]?.cells[i] === 'number' ? 'ck-num' : undefined}>
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, limit).map(({ key, runId, cells }) => (
              <tr key={key}>
                {cells.map((cell, i) =>
                  i === 0 ? (
                    <th key={columns[i]} scope="row">
                      {runId ? <ViewLink to={{ view: 'run', id: runId }}>{cell}</ViewLink> : cell}
                    </th>
                  ) : (
                    <td
                      key={columns[i]}
                      className={typeof cell === 'number' ? 'ck-num' : undefined}
                      title={typeof cell === 'number' ? exactNumber(cell) : undefined}
                    >
                      {typeof cell === 'number' ? formatNumber(cell) : (cell ?? '–')}
                    </td>
                  ),
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {limit < rows.length && (
        <button type="button" className="ck-btn ck-quiet ck-small" onClick={() => setLimit(limit * 5)}>
          {t('Show more: {n} of {total}', { n: groupThousands(limit), total: groupThousands(rows.length) })}
        </button>
      )}
    </>
  );
}
