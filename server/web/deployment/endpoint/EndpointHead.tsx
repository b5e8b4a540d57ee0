import type { Endpoint } from '@cellkeep/schema/deployment';
import type { ReactElement, RefObject } from 'react';
import { useHost, useTranslate } from '../../host.ts';
import { CopyButton } from '../../look/CopyButton.tsx';
import { Icon } from '../../look/icons.tsx';
import { type KeyHint, KeysHelp } from '../../look/Keys.tsx';
import { Ago } from '../../look/Time.tsx';
import { ViewLink } from '../../look/ViewLink.tsx';
import { EndpointStateMark } from '../Mark.tsx';
import { ModelVersionLink } from '../ModelVersionLink.tsx';
import { servingReleases } from '../queries.ts';
import { ReadOnly } from '../ReadOnly.tsx';
import { releaseName } from '../releaseStyle.ts';
import { SureButton } from '../SureButton.tsx';
import { STATE_MARKS, stateMeaning } from '../words.ts';
import { type EndpointActions, releaseBefore } from './useEndpointActions.ts';

/** Which endpoint this is, how it stands, where it is asked, who answers, and what can be done with it. */
export function EndpointHead({
  endpoint,
  actions,
  scope,
  keyHints,
}: {
  endpoint: Endpoint;
  actions: EndpointActions;
  scope: RefObject<HTMLElement | null>;
  keyHints: KeyHint[];
}): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const { name, state, message, url, notebookPaths, userName, createdAt } = endpoint;
  const isStopped = endpoint.wanted === 'stopped';
  const before = releaseBefore(endpoint);
  const serving = servingReleases(endpoint);
  const path = notebookPaths[0];
  return (
    <header className="ck-run-head">
      <nav className="ck-run-crumbs" aria-label={t('Where this endpoint belongs')}>
        <ViewLink to={{ view: 'endpoints' }} className="ck-crumb">
          {t('Endpoints')}
        </ViewLink>
      </nav>
      <div className="ck-run-title">
        <h1 title={name}>{name}</h1>
        <span className="ck-run-state" data-mood={STATE_MARKS[state].mood} title={stateMeaning(endpoint, t)}>
          <EndpointStateMark state={state} />
        </span>
        <span className="ck-address">
          <code className="ck-mono" title={url}>
            {url}
          </code>
          <CopyButton text={url} label={t('Copy the address')} />
        </span>
        <span className="ck-grow" />
        <div className="ck-run-actions">
          {actions.mayChange && before && (
            <SureButton
              label={t('Roll back')}
              sure={t('Back to {version}, now', { version: releaseName(before, endpoint.releases) })}
              icon="undo"
              title={t('{version} takes all the traffic again, at once', { version: releaseName(before, endpoint.releases) })}
              onSure={() => void actions.rollBack()}
            />
          )}
          {!actions.mayChange ? null : isStopped ? (
            <button type="button" className="ck-btn ck-primary" onClick={() => void actions.start()}>
              <Icon name="play" size={14} /> {t('Start')}
            </button>
          ) : (
            <SureButton label={t('Stop')} sure={t('Stop answering')} icon="stop" onSure={() => void actions.stop()} />
          )}
          <KeysHelp keys={keyHints} scope={scope} />
        </div>
      </div>
      <p className="ck-run-facts">
        {serving.length > 0 ? (
          serving.map((release, i) => (
            <span key={release.id}>
              {i > 0 && ', '}
              <ModelVersionLink name={release.modelName} version={release.version} />
              <span className="ck-faint"> {release.runtime}</span>
            </span>
          ))
        ) : (
          <span>{t('nothing answers')}</span>
        )}
        {path && (
          <>
            <span aria-hidden="true"> · </span>
            {host.openNotebook ? (
              <button type="button" className="ck-link" title={path} onClick={() => host.openNotebook?.(path)}>
                <Icon name="notebook" size={13} /> {path.split('/').at(-1)}
              </button>
            ) : (
              <span title={path}>
                <Icon name="notebook" size={13} /> {path.split('/').at(-1)}
              </span>
            )}
          </>
        )}
        <span aria-hidden="true"> · </span>
        {userName}
        <span aria-hidden="true"> · </span>
        {t('made')} <Ago at={createdAt} />
      </p>
      <ReadOnly />
      {actions.question}
      {message && state !== 'ready' && (
        <p className={NOTES[state] ?? 'ck-run-note'} role="status">
          {NOTES[state] && <Icon name="warn" size={14} />} {stateMeaning(endpoint, t)}
        </p>
      )}
    </header>
  );
}

/** What is as it should be, like one that sleeps, is said without a warning. */
const NOTES: Partial<Record<Endpoint['state'], string>> = { failed: 'ck-run-note ck-bad', degraded: 'ck-run-note ck-warned' };
