/** From an answer back to the cell: version, run, notebook as it was, data. Every one of them is a link where the host can follow it. */
import type { Origin as OriginOf } from '@cellkeep/schema/registry';
import type { ReactElement, ReactNode } from 'react';
import { useHost, useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import { ViewLink } from '../../look/ViewLink.tsx';
import { ModelVersionLink } from '../ModelVersionLink.tsx';

interface OriginProps {
  origin: OriginOf;
  modelName: string;
  version: number;
}

export function Origin(props: OriginProps): ReactElement {
  const t = useTranslate();
  return (
    <section aria-label={t('What made it')}>
      <h3>{t('What made it')}</h3>
      <OriginFacts {...props} />
    </section>
  );
}

export function OriginFacts({ origin, modelName, version }: OriginProps): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const { notebookPath, cellId, snapshotId, runId, variable, data, commit, slice } = origin;
  const facts: [string, ReactNode][] = [[t('Version'), <ModelVersionLink key="version" name={modelName} version={version} />]];
  if (runId && /^[0-9a-f]{32}$/.test(runId)) {
    facts.push([
      t('Run'),
      <ViewLink key="run" to={{ view: 'run', id: runId }} className="ck-link ck-mono">
        {runId.slice(0, 8)}
      </ViewLink>,
    ]);
  }
  if (notebookPath) {
    facts.push([
      t('Cell'),
      host.openNotebook ? (
        <button key="cell" type="button" className="ck-link" title={notebookPath} onClick={() => host.openNotebook?.(notebookPath, cellId)}>
          {notebookPath.split('/').at(-1)}
          {variable && <span className="ck-faint"> {variable}</span>}
        </button>
      ) : (
        <span key="cell" title={notebookPath}>
          {notebookPath}
          {variable && <span className="ck-faint"> {variable}</span>}
        </span>
      ),
    ]);
  }
  if (slice.length > 0) facts.push([t('Made by'), slice.length === 1 ? t('1 execution') : t('{n} executions', { n: slice.length })]);
  if (data.length > 0) {
    facts.push([
      t('Data'),
      <span key="data">
        {data.map(({ name, version: of, digest }, i) => (
          <span key={`${name} ${of} ${digest}`} title={digest}>
            {i > 0 && ', '}
            {name}
            {of && `@${of}`}
          </span>
        ))}
      </span>,
    ]);
  }
  if (commit)
    facts.push([
      t('Commit'),
      <code key="commit" className="ck-mono">
        {commit.slice(0, 10)}
      </code>,
    ]);
  return (
    <>
      <dl className="ck-facts">
        {facts.map(([name, fact]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{fact}</dd>
          </div>
        ))}
      </dl>
      {snapshotId && (
        <div className="ck-promote-buttons">
          {host.openSnapshot && (
            <button type="button" className="ck-btn" onClick={() => host.openSnapshot?.(snapshotId)}>
              <Icon name="notebook" size={14} /> {t('Open the notebook that made this')}
            </button>
          )}
          <ViewLink to={{ view: 'snapshot', id: snapshotId }} className="ck-btn">
            <Icon name="history" size={14} /> {host.openSnapshot ? t('Its snapshot') : t('The notebook that made this')}
          </ViewLink>
        </div>
      )}
    </>
  );
}
