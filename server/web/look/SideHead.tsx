/** On top of a sidebar: what it shows, how it stands with the server, and the ways out of its 300 pixels. */
import type { ReactElement, ReactNode, RefObject } from 'react';
import { useHost, useTranslate, type View } from '../host.ts';
import { ConnectionDot } from './ConnectionDot.tsx';
import { Icon } from './icons.tsx';
import { type KeyHint, KeysHelp } from './Keys.tsx';

export function SideHead({
  title,
  scope,
  keys,
  view,
  onRefresh,
  children,
}: {
  title: string;
  /** Where its keys are heard. */
  scope: RefObject<HTMLElement | null>;
  keys: KeyHint[];
  /** The same as a page of its own. */
  view: View;
  onRefresh: () => void;
  /** What this sidebar alone can do. */
  children?: ReactNode;
}): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const href = host.kind === 'jupyterlab' ? host.href(view) : null;
  return (
    <header className="ck-side-head">
      <h2>{title}</h2>
      <span className="ck-grow" />
      {children}
      <ConnectionDot />
      <button type="button" className="ck-icon-btn" aria-label={t('Refresh')} title={t('Refresh')} onClick={onRefresh}>
        <Icon name="refresh" size={15} />
      </button>
      <button
        type="button"
        className="ck-icon-btn"
        aria-label={t('Open as a table')}
        title={t('Open as a table')}
        onClick={() => host.navigate(view)}
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
      <KeysHelp keys={keys} scope={scope} />
    </header>
  );
}
