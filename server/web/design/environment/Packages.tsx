import type { Environment } from '@cellkeep/schema/design';
import { type ReactElement, useMemo, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { CopyButton } from '../../look/CopyButton.tsx';
import { Icon } from '../../look/icons.tsx';

const MOST = 200; // rows at once; more are found by their name

export function Packages({ packages }: { packages: Environment['packages'] }): ReactElement {
  const t = useTranslate();
  const [text, setText] = useState('');
  const wanted = text.trim().toLowerCase();
  const found = useMemo(
    () => packages.filter(({ name }) => name.toLowerCase().includes(wanted)).sort((a, b) => a.name.localeCompare(b.name)),
    [packages, wanted],
  );
  const lock = () =>
    packages.map(({ name, version, source }) => (/^\w+:\/\//.test(source) ? `${name} @ ${source}` : `${name}==${version}`));
  return (
    <>
      <div className="ck-nb-search">
        <label className="ck-query">
          <Icon name="search" size={14} />
          <input
            type="search"
            value={text}
            aria-label={t('Search packages')}
            placeholder={t('Search packages')}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        <CopyButton text={lock().join('\n')} label={t('Copy all, as a requirements file')} />
      </div>
      {found.length === 0 ? (
        <p className="ck-run-none">{t('No package is called so.')}</p>
      ) : (
        <table className="ck-run-table">
          <tbody>
            {found.slice(0, MOST).map(({ name, version, hash, source }) => (
              <tr key={`${name} ${version}`} title={[source, hash].filter(Boolean).join('\n') || undefined}>
                <th scope="row">{name}</th>
                <td className="ck-mono">{version}</td>
                <td className="ck-faint">{source && (source === 'editable' ? t('editable') : t('from elsewhere'))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {found.length > MOST && <p className="ck-run-none">{t('{n} more: search for them.', { n: found.length - MOST })}</p>}
    </>
  );
}
