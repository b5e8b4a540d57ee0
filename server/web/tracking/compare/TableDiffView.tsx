import { type ReactElement, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { formatNumber } from '../../look/format.ts';
import { MoreRows } from '../run/rows.tsx';
import { change, type DiffRow, type TableDiff } from './tableDiff.ts';

const ROWS = 200; // drawn at first
const MOST_COLUMNS = 60;

/** Rows that differ, each cell with what it was and is. */
export function TableDiffView({ diff, names }: { diff: TableDiff; names: readonly [string, string] }): ReactElement {
  const t = useTranslate();
  const [isAll, setAll] = useState(false);
  const [limit, setLimit] = useState(ROWS);
  const { columns, rows, counts, key } = diff;
  const shown = isAll ? rows : rows.filter(({ kind }) => kind !== 'same');
  const marks: Record<DiffRow['kind'], string> = { same: '', changed: '~', added: '+', removed: '−' };
  const words: Record<DiffRow['kind'], string> = { same: t('the same'), changed: t('changed'), added: t('added'), removed: t('removed') };
  const label = t('Differences from {before} to {after}', { before: names[0], after: names[1] });
  return (
    <>
      <p className="ck-compare-diff-sum">
        {t('{changed} changed, {added} added, {removed} removed, {same} the same', counts)} ·{' '}
        <span className="ck-dim">{key === null ? t('rows in their order') : t('rows by {key}', { key })}</span>
        {counts.same > 0 && (
          <button type="button" className="ck-btn ck-toggle ck-small" aria-pressed={isAll} onClick={() => setAll(!isAll)}>
            {t('Show all')}
          </button>
        )}
      </p>
      {shown.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
        <section className="ck-artifact-table" tabIndex={0} aria-label={label}>
          <table className="ck-run-table ck-compare-diff">
            <thead>
              <tr>
                <th aria-label={t('Kind of difference')} />
                {columns.slice(0, MOST_COLUMNS).map((column) => (
                  <th key={column} scope="col" title={column}>
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.slice(0, limit).map(({ kind, cells }, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: rows of a file may be alike
                <tr key={i} data-kind={kind}>
                  <td title={words[kind]}>
                    <span aria-hidden="true">{marks[kind]}</span>
                    <span className="ck-spoken">{words[kind]}</span>
                  </td>
                  {cells.slice(0, MOST_COLUMNS).map((cell, j) => (
                    <DiffCell key={columns[j]} kind={kind} {...cell} />
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      <MoreRows shown={Math.min(limit, shown.length)} total={shown.length} onMore={() => setLimit(limit * 4)} />
      {columns.length > MOST_COLUMNS && (
        <p className="ck-run-none">{t('The first {n} columns of {total}.', { n: MOST_COLUMNS, total: columns.length })}</p>
      )}
    </>
  );
}

function DiffCell({ kind, before, after }: { kind: DiffRow['kind']; before: string | null; after: string | null }): ReactElement {
  if (kind !== 'changed' || before === after) return <td>{after ?? before}</td>;
  const by = change(before, after);
  return (
    <td data-changed title={`${before ?? '–'} → ${after ?? '–'}`}>
      <del>{before ?? '–'}</del> <ins>{after ?? '–'}</ins>
      {by !== null && (
        <span className="ck-faint">
          {' '}
          {by > 0 ? '+' : ''}
          {formatNumber(by)}
        </span>
      )}
    </td>
  );
}
