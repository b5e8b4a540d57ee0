import { type ReactElement, type RefObject, useEffect, useState } from 'react';
import { type Host, type NotebookContext, type Translate, useHost, useTranslate, type View } from '../../host.ts';
import { bridgeText, ConnectionDot } from '../../look/ConnectionDot.tsx';
import { Icon } from '../../look/icons.tsx';
import { type KeyHint, KeysHelp } from '../../look/Keys.tsx';
import { errorText } from '../../look/states.tsx';

export function SidebarHead({
  scope,
  notebook,
  view,
  onRefresh,
}: {
  scope: RefObject<HTMLElement | null>;
  notebook: NotebookContext | null;
  view: View;
  onRefresh: () => void;
}): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const href = host.kind === 'jupyterlab' ? host.href(view) : null;
  return (
    <header className="ck-side-head">
      <h2>{t('Experiments')}</h2>
      <span className="ck-grow" />
      {host.startRun && notebook && <StartButton startRun={host.startRun} />}
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
      <KeysHelp keys={keyHints(t)} scope={scope} />
    </header>
  );
}

function StartButton({ startRun }: { startRun: NonNullable<Host['startRun']> }): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const start = async () => {
    try {
      await startRun();
    } catch (error) {
      host.notify(errorText(error, t), 'error');
    }
  };
  return (
    <button
      type="button"
      className="ck-icon-btn"
      aria-label={t('Start a run in this kernel')}
      title={t('Start a run in this kernel')}
      onClick={() => void start()}
    >
      <Icon name="plus" size={15} />
    </button>
  );
}

const PATIENCE = 4_000; // ms; a kernel that has just started has not said yet that its bridge is there

/** A kernel that cannot tell the server anything says why, as soon as it is sure. */
export function BridgeNote({ notebook }: { notebook: NotebookContext | null }): ReactElement | null {
  const t = useTranslate();
  const hasKernel = notebook?.kernel === 'idle' || notebook?.kernel === 'busy';
  const trouble = notebook && hasKernel && notebook.bridge !== 'online' ? `${notebook.path} ${notebook.bridge}` : null;
  const [lasting, setLasting] = useState<string | null>(null);
  useEffect(() => {
    if (!trouble) return setLasting(null);
    const timer = setTimeout(() => setLasting(trouble), PATIENCE);
    return () => clearTimeout(timer);
  }, [trouble]);
  if (!notebook || !trouble || lasting !== trouble) return null;
  return (
    <p className="ck-side-note" role="status">
      <Icon name="warn" size={14} />
      <span>{t('This kernel {what}.', { what: bridgeText(notebook.bridge, notebook.waiting, t) })}</span>
    </p>
  );
}

const keyHints = (t: Translate): KeyHint[] => [
  ['↑ ↓', t('go from run to run')],
  ['Enter', t('open the run beside the notebook')],
  ['Space', t('add the run to the comparison, or take it out')],
  ['c', t('compare the selected runs')],
  ['F2', t('rename')],
  ['t', t('tag')],
  ['Del', t('delete; can be taken back')],
  ['Esc', t('select nothing')],
  ['/', t('go to the filter')],
  ['?', t('show these keys')],
];
