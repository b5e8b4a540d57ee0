import { type ReactElement, useRef, useState } from 'react';
import { useMayWrite } from '../access/queries.ts';
import { useHost, useReadable, useTranslate } from '../host.ts';
import { useConnectionStatus, useShared } from '../live/shared.ts';
import { exactTime } from './format.ts';
import { Popover } from './Popover.tsx';

/** ● live; a click tells since when, with which server, and what the kernel still holds. */
export function ConnectionDot({ withWord = false }: { withWord?: boolean }): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const { connection } = useShared();
  const { state, since } = useConnectionStatus();
  const notebook = useReadable(host.notebook);
  const mayWrite = useMayWrite();
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const word = { live: t('live'), connecting: t('connecting'), offline: t('offline') }[state];
  return (
    <>
      <button
        ref={button}
        type="button"
        className={withWord ? 'ck-chip ck-connection' : 'ck-icon-btn ck-connection'}
        data-state={state}
        aria-label={t('Connection: {state}', { state: word })}
        aria-expanded={isOpen}
        title={t('Connection: {state}', { state: word })}
        onClick={() => setOpen(!isOpen)}
      >
        <span className="ck-dot" aria-hidden="true" />
        {withWord && <span className="ck-wide">{word}</span>}
      </button>
      {isOpen && (
        <Popover anchor={button} onClose={() => setOpen(false)} label={t('Connection')} align="end" className="ck-details">
          <dl className="ck-facts">
            <dt>{t('Server')}</dt>
            <dd className="ck-mono">{new URL(connection.baseUrl).host + new URL(connection.baseUrl).pathname}</dd>
            <dt>{t('State')}</dt>
            <dd>{t('{state} since {time}', { state: word, time: exactTime(since) })}</dd>
            {notebook && (
              <>
                <dt>{t('Kernel')}</dt>
                <dd>{bridgeText(notebook.bridge, notebook.waiting, mayWrite, t)}</dd>
              </>
            )}
          </dl>
          {state === 'offline' && (
            <button type="button" className="ck-btn" onClick={() => connection.retry()}>
              {t('Try now')}
            </button>
          )}
        </Popover>
      )}
    </>
  );
}

/** What a kernel's bridge is doing, as the end of a sentence about the kernel. */
export function bridgeText(
  bridge: 'absent' | 'online' | 'offline' | 'unconfigured',
  waiting: number,
  mayWrite: boolean,
  t: ReturnType<typeof useTranslate>,
): string {
  switch (bridge) {
    case 'online':
      return waiting > 0 ? t('connected, {n} records on their way', { n: waiting }) : t('connected');
    case 'offline':
      if (!mayWrite) {
        return t(
          'may not write: you are a viewer here. Ask an owner of this workspace for the role editor; until then {n} records wait on disk',
          {
            n: waiting,
          },
        );
      }
      return t('cannot reach the server; {n} records are kept on disk and sent when it is back', { n: waiting });
    case 'unconfigured':
      return t('knows no server: run `cellkeep login <url>` in a terminal');
    case 'absent':
      return t('has no Cellkeep bridge: install the Python package cellkeep there and restart it');
  }
}
