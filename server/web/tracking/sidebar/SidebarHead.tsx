import { type ReactElement, type RefObject, useEffect, useState } from 'react';
import { useMayWrite } from '../../access/queries.ts';
import { type Host, type NotebookContext, type Translate, useHost, useTranslate, type View } from '../../host.ts';
import { bridgeText } from '../../look/ConnectionDot.tsx';
import { Icon } from '../../look/icons.tsx';
import type { KeyHint } from '../../look/Keys.tsx';
import { SideHead } from '../../look/SideHead.tsx';
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
  const mayWrite = useMayWrite();
  return (
    <SideHead title={t('Experiments')} scope={scope} keys={keyHints(t, mayWrite)} view={view} onRefresh={onRefresh}>
      {host.startRun && notebook && mayWrite && <StartButton startRun={host.startRun} />}
    </SideHead>
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
  const mayWrite = useMayWrite();
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
      <span>{t('This kernel {what}.', { what: bridgeText(notebook.bridge, notebook.waiting, mayWrite, t) })}</span>
    </p>
  );
}

const keyHints = (t: Translate, mayWrite: boolean): KeyHint[] => [
  ['↑ ↓', t('go from run to run')],
  ['Enter', t('open the run beside the notebook')],
  ['Space', t('add the run to the comparison, or take it out')],
  ['c', t('compare the selected runs')],
  ...(mayWrite
    ? ([
        ['F2', t('rename')],
        ['t', t('tag')],
        ['Del', t('delete; can be taken back')],
      ] as KeyHint[])
    : []),
  ['Esc', t('select nothing')],
  ['/', t('go to the filter')],
  ['?', t('show these keys')],
];
