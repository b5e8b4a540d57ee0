/** What a version takes and gives: columns with their ranges and categories, and the rows that came as its example. */
import type { Bundle, Column } from '@cellkeep/schema/registry';
import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { exactNumber, formatNumber, groupThousands } from '../../look/format.ts';
import { Skeleton } from '../../look/states.tsx';
import { useExampleRows } from '../queries.ts';
import { WideTable } from '../WideTable.tsx';

/** More columns than a page can hold; all of them stand in the file. */
const MOST = 500;
const MOST_CATEGORIES = 12;
const MOST_ROWS = 5;

export function Signature({ bundle, loggedModelId }: { bundle: Bundle; loggedModelId: string | null }): ReactElement {
  const t = useTranslate();
  const { signature, classes } = bundle;
  return (
    <>
      <section className="ck-section" aria-label={t('Takes')}>
        <h2>{t('Takes')}</h2>
        <Columns columns={signature.inputs} label={t('Inputs')} />
      </section>
      <section className="ck-section" aria-label={t('Gives')}>
        <h2>{t('Gives')}</h2>
        <Columns columns={signature.outputs} label={t('Outputs')} />
        {classes && (
          <p className="ck-dim">
            {t('{n} classes, in the order of their scores:', { n: classes.length })} {classes.slice(0, 50).map(String).join(', ')}
            {classes.length > 50 && ' …'}
          </p>
        )}
      </section>
      {bundle.example && <Example loggedModelId={loggedModelId} file={bundle.example} />}
    </>
  );
}

function Columns({ columns, label }: { columns: readonly Column[]; label: string }): ReactElement {
  const t = useTranslate();
  if (columns.length === 0) return <p className="ck-dim">{t('It was not said.')}</p>;
  return (
    <>
      <WideTable label={label}>
        <table className="ck-list">
          <thead>
            <tr>
              <th>{t('Column')}</th>
              <th>{t('Type')}</th>
              <th>{t('Needed')}</th>
              <th>{t('Seen in training')}</th>
            </tr>
          </thead>
          <tbody>
            {columns.slice(0, MOST).map((column) => (
              <tr key={column.name}>
                <td className="ck-first">
                  <code className="ck-mono">{column.name}</code>
                </td>
                <td>
                  {column.type}
                  {column.shape && <span className="ck-dim"> [{column.shape.join(', ')}]</span>}
                </td>
                <td>{column.required ? t('yes') : <span className="ck-dim">{t('may be missing')}</span>}</td>
                <td>
                  <Seen column={column} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </WideTable>
      {columns.length > MOST && <p className="ck-dim">{t('{n} of {all} columns', { n: MOST, all: groupThousands(columns.length) })}</p>}
    </>
  );
}

function Seen({ column: { min, max, categories } }: { column: Column }): ReactElement {
  const t = useTranslate();
  if (categories) {
    return (
      <span
        className="ck-chips"
        title={categories.length > MOST_CATEGORIES ? categories.map(String).join(', ').slice(0, 2_000) : undefined}
      >
        {categories.slice(0, MOST_CATEGORIES).map((one) => (
          <span key={`${typeof one} ${one}`} className="ck-chip ck-cut">
            {String(one)}
          </span>
        ))}
        {categories.length > MOST_CATEGORIES && (
          <span className="ck-dim">{t('and {n} more', { n: categories.length - MOST_CATEGORIES })}</span>
        )}
      </span>
    );
  }
  if (min === null && max === null) return <span className="ck-faint">{t('not recorded')}</span>;
  return (
    <span title={`${min === null ? '' : exactNumber(min)} … ${max === null ? '' : exactNumber(max)}`}>
      {min === null ? '−∞' : formatNumber(min)} … {max === null ? '∞' : formatNumber(max)}
    </span>
  );
}

function Example({ loggedModelId, file }: { loggedModelId: string | null; file: string }): ReactElement {
  const t = useTranslate();
  const { data, error } = useExampleRows(loggedModelId, file);
  return (
    <section className="ck-section" aria-label={t('Example')}>
      <h2>{t('Example')}</h2>
      {error || data === null ? (
        <p className="ck-dim">{t('Its example cannot be read.')}</p>
      ) : !data ? (
        <Skeleton rows={3} />
      ) : (
        <WideTable label={t('Example rows')}>
          <table className="ck-list">
            <thead>
              <tr>
                {data.columns.slice(0, 100).map((name) => (
                  <th key={name}>{name}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {data.data.slice(0, MOST_ROWS).map((row, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: rows have no name
                <tr key={i}>
                  {row.slice(0, 100).map((value, j) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: in the order of the columns
                    <td key={j}>{textOf(value)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </WideTable>
      )}
    </section>
  );
}

const textOf = (value: unknown): string => {
  if (value === null) return '–';
  if (typeof value === 'number') return formatNumber(value);
  return (typeof value === 'object' ? JSON.stringify(value) : String(value)).slice(0, 80);
};
