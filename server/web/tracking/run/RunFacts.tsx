import type { Run } from '@cellkeep/schema/tracking';
import { Fragment, type ReactElement, type ReactNode } from 'react';
import { useHost, useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import { Ago, Took } from '../../look/Time.tsx';
import { ViewLink } from '../../look/ViewLink.tsx';
import { commitUrl } from './commitUrl.ts';
import { nameOf } from './previews.ts';

/** notebook · cell · commit · who · when · how long, as far as they are known. */
export function RunFacts({ run }: { run: Run }): ReactElement {
  const t = useTranslate();
  const { notebookId, notebookPath, entrypoint, executionCount, cellId, git } = run.source;
  const facts: [string, ReactNode][] = [];
  if (notebookPath) {
    facts.push([
      'notebook',
      <Fragment key="notebook">
        <NotebookLink path={notebookPath} cellId={null} />
        {notebookId && (
          <ViewLink to={{ view: 'history', notebookId }} className="ck-link ck-run-history" title={t('History of this notebook')}>
            <Icon name="history" size={13} />
            <span className="ck-spoken">{t('History of this notebook')}</span>
          </ViewLink>
        )}
      </Fragment>,
    ]);
  }
  if (!notebookPath && entrypoint) {
    facts.push([
      'script',
      <span key="script" title={entrypoint}>
        <Icon name="file" size={13} /> {nameOf(entrypoint)}
      </span>,
    ]);
  }
  if (executionCount !== null || cellId) {
    const cell = executionCount === null ? t('cell') : t('cell [{n}]', { n: executionCount });
    facts.push([
      'cell',
      notebookPath ? (
        <NotebookLink key="cell" path={notebookPath} cellId={cellId}>
          {cell}
        </NotebookLink>
      ) : (
        cell
      ),
    ]);
  }
  if (git) facts.push(['commit', <Commit key="commit" git={git} />]);
  // Anybody may say whose run it is; the account is what can be relied on.
  facts.push(['who', run.user === run.userName ? run.user : t('{user}, logged by {account}', { user: run.user, account: run.userName })]);
  facts.push(['when', <Started key="when" at={run.startedAt} />]);
  facts.push([
    'took',
    <span key="took" title={t('How long it took')}>
      {run.status === 'running' ? t('running for') : t('took')} <Took from={run.startedAt} to={endOf(run)} />
    </span>,
  ]);
  return (
    <p className="ck-run-facts">
      {facts.map(([name, fact], i) => (
        <Fragment key={name}>
          {i > 0 && <span aria-hidden="true"> · </span>}
          <span data-fact={name}>{fact}</span>
        </Fragment>
      ))}
    </p>
  );
}

/** When nothing more was heard of it; null while it runs. */
export const endOf = (run: Pick<Run, 'endedAt' | 'status' | 'heartbeatAt'>): number | null =>
  run.endedAt ?? (run.status === 'running' ? null : run.heartbeatAt);

const WEEK = 7 * 24 * 3_600_000; // ms; older runs are shown with their date

function Started({ at }: { at: number }): ReactElement {
  const t = useTranslate();
  const age = Date.now() - at;
  return (
    <span title={t('When it started')}>
      <Ago at={at} />
      {age > 5_000 && age < WEEK && ` ${t('ago')}`}
    </span>
  );
}

export function NotebookLink({ path, cellId, children }: { path: string; cellId: string | null; children?: ReactNode }): ReactElement {
  const { openNotebook } = useHost();
  const shown = children ?? (
    <>
      <Icon name="notebook" size={13} /> {nameOf(path)}
    </>
  );
  if (!openNotebook) return <span title={path}>{shown}</span>;
  return (
    <button type="button" className="ck-link" title={path} onClick={() => openNotebook(path, cellId)}>
      {shown}
    </button>
  );
}

export function Commit({ git }: { git: NonNullable<Run['source']['git']> }): ReactElement {
  const t = useTranslate();
  const url = commitUrl(git);
  const short = git.commit.slice(0, 8);
  const title = [git.commit, git.branch, git.remote].filter(Boolean).join('\n');
  return (
    <span title={title}>
      <Icon name="branch" size={13} />{' '}
      {url ? (
        <a className="ck-link ck-mono" href={url} target="_blank" rel="noopener noreferrer">
          {short}
        </a>
      ) : (
        <span className="ck-mono">{short}</span>
      )}
      {git.dirty && (
        <span className="ck-warned" title={t('The working tree had changes that are in no commit.')}>
          {' '}
          {t('+ changes')}
        </span>
      )}
    </span>
  );
}
