import type { Run } from '@cellkeep/schema/tracking';
import { type ReactElement, type ReactNode, useState } from 'react';
import { Swatch } from '../../charts/Swatch.tsx';
import { useTranslate } from '../../host.ts';
import type { RunStyle } from '../../look/runColour.ts';
import { ViewLink } from '../../look/ViewLink.tsx';
import { matching } from '../run/groups.ts';
import { MoreRows, SEARCH_FROM, SearchField } from '../run/rows.tsx';
import { MANY } from './comparedIds.ts';
import type { Row } from './differences.ts';
import { useColumnsInSight, WIDTH } from './useColumnsInSight.ts';

const ROWS = 60; // drawn at first

export interface CompareTableProps<R extends Row<unknown>> {
  title: string;
  runs: readonly Run[];
  styles: ReadonlyMap<string, RunStyle>;
  rows: readonly R[];
  /** What stands in place of a table without rows; said of all rows and of those that differ. */
  none: string;
  noneDiffer: string;
  aside?: ReactNode;
  head?: (row: R) => ReactNode;
  cell: (row: R, place: number) => ReactNode;
}

/** One row a key, one column a run. Rows on which all agree are left out until they are asked for. */
export function CompareTable<R extends Row<unknown>>(props: CompareTableProps<R>): ReactElement {
  const { title, runs, styles, rows, none, noneDiffer, aside, head, cell } = props;
  const t = useTranslate();
  const [isAll, setAll] = useState(false);
  const [typed, setTyped] = useState('');
  const [more, setMore] = useState(1);
  const [scroller, setScroller] = useState<HTMLElement | null>(null);
  const isOnlyOne = runs.length < 2;
  const differing = rows.filter(({ differs }) => differs);
  const listed = isAll || isOnlyOne ? rows : differing;
  const hits = new Set(
    typed
      ? matching(
          listed.map(({ key }) => key),
          typed,
        )
      : [],
  );
  const found = typed ? listed.filter(({ key }) => hits.has(key)) : listed;
  const shown = found.slice(0, ROWS * more);
  const { from, to } = useColumnsInSight(scroller, runs.length);
  const drawn = runs.slice(from, to);
  const isMany = runs.length > MANY;
  const same = rows.length - differing.length;
  return (
    <section className="ck-card ck-run-section ck-compare-section" aria-label={title}>
      <header>
        <h2>
          {title}
          {rows.length > 0 && !isOnlyOne && (
            <span className="ck-tab-count">
              {isAll ? rows.length : t('{n} of {total} differ', { n: differing.length, total: rows.length })}
            </span>
          )}
        </h2>
        <span className="ck-grow" />
        {listed.length > SEARCH_FROM && <SearchField value={typed} onChange={setTyped} label={t('Find a name')} />}
        {aside}
        {same > 0 && !isOnlyOne && (
          <button type="button" className="ck-btn ck-toggle ck-small" aria-pressed={isAll} onClick={() => setAll(!isAll)}>
            {t('Show all')}
          </button>
        )}
      </header>
      {found.length === 0 ? (
        <p className="ck-run-none">{rows.length === 0 ? none : typed ? t('None has this in its name.') : noneDiffer}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
        <section ref={setScroller} className="ck-compare-scroll" tabIndex={0} aria-label={t('{title}, table', { title })}>
          <table className="ck-run-table ck-compare-table" data-many={isMany ? '' : undefined} aria-colcount={runs.length + 1}>
            <thead>
              <tr>
                <th className="ck-pin" scope="col">
                  <span className="ck-spoken">{t('Name')}</span>
                </th>
                <Gap columns={from} />
                {drawn.map((run, i) => (
                  <th key={run.id} scope="col" data-run={run.id} aria-colindex={from + i + 2}>
                    <span className="ck-compare-run">
                      <Swatch style={styles.get(run.id)} />
                      <ViewLink to={{ view: 'run', id: run.id }} className="ck-run-name" title={run.name}>
                        {run.name}
                      </ViewLink>
                    </span>
                  </th>
                ))}
                <Gap columns={runs.length - to} />
              </tr>
            </thead>
            <tbody>
              {shown.map((row) => (
                <tr key={row.key} data-same={row.differs || isOnlyOne ? undefined : ''}>
                  <th scope="row" className="ck-pin" title={row.key}>
                    <span className="ck-compare-key">
                      <span>{row.key}</span>
                      {head?.(row)}
                    </span>
                  </th>
                  <Gap columns={from} />
                  {drawn.map((run, i) => (
                    <td key={run.id} data-run={run.id} aria-colindex={from + i + 2}>
                      {cell(row, from + i)}
                    </td>
                  ))}
                  <Gap columns={runs.length - to} />
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      <MoreRows shown={shown.length} total={found.length} onMore={() => setMore(more * 4)} />
    </section>
  );
}

/** In place of columns that are out of sight. */
function Gap({ columns }: { columns: number }): ReactElement | null {
  if (columns === 0) return null;
  return <td aria-hidden className="ck-compare-gap" style={{ minWidth: columns * WIDTH }} />;
}
