import type { KernelRecord } from '@cellkeep/schema/design';
import { type ReactElement, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { formatBytes } from '../../look/format.ts';
import { nameOf } from '../../tracking/run/previews.ts';

type File = KernelRecord['files'][number];
const FIRST = 100;

/** Files that cells opened, and whether their bytes were others when the run began. */
export function Files({ files, before }: { files: readonly File[]; before: readonly File[] | null }): ReactElement {
  const t = useTranslate();
  const [isAll, setAll] = useState(false);
  if (files.length === 0) return <p className="ck-run-none">{t('No cell opened a file that was noticed.')}</p>;
  const earlier = new Map(before?.map((file) => [file.path, file]));
  const shown = isAll ? files : files.slice(0, FIRST);
  const words = { read: t('read'), write: t('written'), both: t('read and written') };
  return (
    <>
      <ul className="ck-nb-files">
        {shown.map(({ path, mode, size, digest, orders }) => {
          const was = earlier.get(path);
          const isChanged = was?.digest && digest && was.digest !== digest;
          return (
            <li key={path}>
              <span className="ck-mono" title={path}>
                {nameOf(path)}
              </span>
              <span className="ck-dim">
                {words[mode]}
                {size !== null && ` · ${formatBytes(size)}`}
                {orders.length > 0 &&
                  ` · #${orders
                    .slice(0, 5)
                    .map((order) => order + 1)
                    .join(', #')}`}
                {orders.length > 5 && ' …'}
              </span>
              {digest ? (
                <code className="ck-faint" title={`sha256 ${digest}`}>
                  {digest.slice(0, 12)}
                </code>
              ) : (
                <span className="ck-warned">{size === null ? t('gone') : t('too large to be read')}</span>
              )}
              {isChanged && <span className="ck-chip ck-warned">{t('changed during the run')}</span>}
            </li>
          );
        })}
      </ul>
      {shown.length < files.length && (
        <button type="button" className="ck-btn ck-small" onClick={() => setAll(true)}>
          {t('Show {n} more', { n: files.length - shown.length })}
        </button>
      )}
    </>
  );
}
