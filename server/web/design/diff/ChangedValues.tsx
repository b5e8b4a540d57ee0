import type { SnapshotDiff, ValueChange } from '@cellkeep/schema/design';
import { type ReactElement, useState } from 'react';
import { useTranslate } from '../../host.ts';

const FIRST = 30;

/** All that differs beside the cells, each kind in its table; what is the same is not shown. */
export function ChangedValues({ diff }: { diff: SnapshotDiff }): ReactElement | null {
  const t = useTranslate();
  const all: [string, readonly ValueChange[]][] = [
    [t('Metrics'), diff.metrics],
    [t('Params'), diff.params],
    [t('Data'), diff.data],
    [t('Packages'), diff.packages],
    [t('Files'), diff.files],
    [t('Seeds'), diff.seeds],
    [t('Git'), diff.git],
    [t('Machine'), diff.machine],
    [t('Environment variables'), diff.variables],
  ];
  const shown = all.filter(([, changes]) => changes.length > 0);
  if (shown.length === 0) return null;
  return (
    <div className="ck-diff-values">
      {shown.map(([title, changes]) => (
        <Changes key={title} title={title} changes={changes} />
      ))}
    </div>
  );
}

function Changes({ title, changes }: { title: string; changes: readonly ValueChange[] }): ReactElement {
  const t = useTranslate();
  const [isAll, setAll] = useState(false);
  const shown = isAll ? changes : changes.slice(0, FIRST);
  return (
    <section className="ck-card ck-run-section" aria-label={title}>
      <header>
        <h2>
          {title}
          <span className="ck-tab-count">{changes.length}</span>
        </h2>
      </header>
      <table className="ck-run-table">
        <thead className="ck-spoken">
          <tr>
            <th scope="col">{t('Name')}</th>
            <th scope="col">{t('before')}</th>
            <th scope="col">{t('after')}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ name, before, after }, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two files may have one name
            <tr key={`${i} ${name}`}>
              <th scope="row" title={name}>
                {name}
              </th>
              <td title={before ?? undefined}>
                {before === null ? <span className="ck-faint">{t('not there')}</span> : <del>{before}</del>}
              </td>
              <td title={after ?? undefined}>{after === null ? <span className="ck-faint">{t('gone')}</span> : <ins>{after}</ins>}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length < changes.length && (
        <button type="button" className="ck-btn ck-small" onClick={() => setAll(true)}>
          {t('Show {n} more', { n: changes.length - shown.length })}
        </button>
      )}
    </section>
  );
}
