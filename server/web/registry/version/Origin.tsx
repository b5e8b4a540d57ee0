/** Where a version comes from: run, cell, notebook as it was, data, commit; each leads there. */
import type { VersionDetails } from '@cellkeep/schema/registry';
import type { ReactElement } from 'react';
import { useHost, useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import { ViewLink } from '../../look/ViewLink.tsx';

export function Origin({ details: { version, bundle, runName } }: { details: VersionDetails }): ReactElement {
  const t = useTranslate();
  const { openNotebook } = useHost();
  const origin = bundle?.origin ?? null;
  const runId = origin?.runId ?? version.runId;
  const isOurRun = runName !== null;
  return (
    <dl className="ck-facts ck-origin">
      <dt>{t('Run')}</dt>
      <dd>{isOurRun ? <ViewLink to={{ view: 'run', id: runId }}>{runName}</ViewLink> : runId || <None />}</dd>
      <dt>{t('Notebook')}</dt>
      <dd>
        {origin?.notebookPath ? (
          openNotebook ? (
            <button type="button" className="ck-link" onClick={() => openNotebook(origin.notebookPath ?? '', origin.cellId)}>
              {origin.notebookPath} <Icon name="external" size={12} />
            </button>
          ) : (
            origin.notebookPath
          )
        ) : (
          <None />
        )}
      </dd>
      <dt>{t('Cell')}</dt>
      <dd>
        {origin?.executionOrder !== null && origin?.executionOrder !== undefined ? (
          t('execution {n}', { n: origin.executionOrder })
        ) : (
          <None />
        )}
        {origin?.variable && (
          <>
            {' '}
            · <code className="ck-mono">{origin.variable}</code>
          </>
        )}
      </dd>
      <dt>{t('Notebook as it was')}</dt>
      <dd>
        {origin?.snapshotId ? <ViewLink to={{ view: 'snapshot', id: origin.snapshotId }}>{t('Open the snapshot')}</ViewLink> : <None />}
      </dd>
      <dt>{t('Depends on')}</dt>
      <dd>{origin && origin.slice.length > 0 ? t('executions {orders}', { orders: origin.slice.slice(0, 100).join(', ') }) : <None />}</dd>
      <dt>{t('Data')}</dt>
      <dd>
        {origin && origin.data.length > 0 ? (
          <ul className="ck-plain">
            {origin.data.map(({ name, version: at, digest }) => (
              <li key={`${name} ${at} ${digest}`} title={digest}>
                {name} <span className="ck-dim">{at || digest.slice(0, 12)}</span>
              </li>
            ))}
          </ul>
        ) : (
          <None />
        )}
      </dd>
      <dt>{t('Commit')}</dt>
      <dd>{origin?.commit ? <code className="ck-mono">{origin.commit}</code> : <None />}</dd>
      <dt>{t('Source')}</dt>
      <dd className="ck-mono">{version.source}</dd>
      {bundle?.python && (
        <>
          <dt>{t('Packages')}</dt>
          <dd>
            <details>
              <summary>
                {t('Python {version}, {n} packages', { version: bundle.python.version, n: bundle.python.requirements.length })}
              </summary>
              <ul className="ck-plain ck-mono">
                {bundle.python.requirements.map((one) => (
                  <li key={one}>{one}</li>
                ))}
              </ul>
            </details>
          </dd>
        </>
      )}
    </dl>
  );
}

function None(): ReactElement {
  const t = useTranslate();
  return <span className="ck-faint">{t('not known')}</span>;
}
