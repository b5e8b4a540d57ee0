import type { ReactElement, RefObject } from 'react';
import { type Translate, useHost, useTranslate } from '../../host.ts';
import { ConnectionDot } from '../../look/ConnectionDot.tsx';
import { Icon } from '../../look/icons.tsx';
import { type KeyHint, KeysHelp } from '../../look/Keys.tsx';

export function DeployHead({ scope, onRefresh }: { scope: RefObject<HTMLElement | null>; onRefresh: () => void }): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const href = host.kind === 'jupyterlab' ? host.href({ view: 'endpoints' }) : null;
  return (
    <header className="ck-side-head">
      <h2>{t('Deploy')}</h2>
      <span className="ck-grow" />
      <ConnectionDot />
      <button type="button" className="ck-icon-btn" aria-label={t('Refresh')} title={t('Refresh')} onClick={onRefresh}>
        <Icon name="refresh" size={15} />
      </button>
      <button
        type="button"
        className="ck-icon-btn"
        aria-label={t('Open as a table')}
        title={t('Open as a table')}
        onClick={() => host.navigate({ view: 'endpoints' })}
      >
        <Icon name="table" size={15} />
      </button>
      {href && (
        <a
          className="ck-icon-btn"
          href={href}
          target="_blank"
          rel="noreferrer"
          aria-label={t('Open in the server UI')}
          title={t('Open in the server UI')}
        >
          <Icon name="external" size={15} />
        </a>
      )}
      <KeysHelp keys={keyHints(t)} scope={scope} />
    </header>
  );
}

const keyHints = (t: Translate): KeyHint[] => [
  ['↑ ↓', t('go from endpoint to endpoint')],
  ['Enter', t('open the endpoint beside the notebook')],
  ['/', t('go to the search')],
  ['?', t('show these keys')],
];
