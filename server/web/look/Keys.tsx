import { type ReactElement, useEffect, useRef, useState } from 'react';
import { useTranslate } from '../host.ts';
import { Icon } from './icons.tsx';

export type KeyHint = [keys: string, what: string];

/** `?` shows the keys of the view that has the focus; the button is for who does not know that. */
export function KeysHelp({ keys, scope }: { keys: KeyHint[]; scope: React.RefObject<HTMLElement | null> }): ReactElement {
  const t = useTranslate();
  const [isOpen, setOpen] = useState(false);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = scope.current;
    if (!element) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== '?' || isTyping(event.target)) return;
      event.preventDefault();
      event.stopPropagation();
      setOpen(true);
    };
    element.addEventListener('keydown', onKey);
    return () => element.removeEventListener('keydown', onKey);
  }, [scope]);
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
  }, [isOpen]);
  return (
    <>
      <button type="button" className="ck-icon-btn ck-keys-btn" aria-label={t('Keys')} title={t('Keys (?)')} onClick={() => setOpen(true)}>
        ?
      </button>
      {isOpen && (
        <dialog ref={dialog} className="ck-dialog" aria-label={t('Keys')} onClose={() => setOpen(false)}>
          <header>
            <h2>{t('Keys')}</h2>
            <button type="button" className="ck-icon-btn" aria-label={t('Close')} onClick={() => dialog.current?.close()}>
              <Icon name="close" />
            </button>
          </header>
          <dl className="ck-keys-list">
            {keys.map(([key, what]) => (
              <div key={key}>
                <dt>
                  {key.split(' ').map((one) => (
                    <kbd key={one}>{one}</kbd>
                  ))}
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
        </dialog>
      )}
    </>
  );
}

export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable=true]') !== null;
}
