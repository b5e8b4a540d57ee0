import { type ReactElement, type ReactNode, useEffect, useState } from 'react';
import { useHost, useTranslate } from '../host.ts';
import { Icon } from './icons.tsx';

/** Copies and says so where it was pressed. */
export function CopyButton({ text, label, children }: { text: string; label: string; children?: ReactNode }): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const [isDone, setDone] = useState(false);
  useEffect(() => {
    if (!isDone) return;
    const timer = setTimeout(() => setDone(false), 1_500);
    return () => clearTimeout(timer);
  }, [isDone]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
    } catch {
      host.notify(t('The browser does not allow copying here.'), 'error');
    }
  };
  return (
    <button
      type="button"
      className={children ? 'ck-btn' : 'ck-icon-btn'}
      aria-label={children ? undefined : label}
      title={label}
      onClick={(event) => {
        event.stopPropagation();
        void copy();
      }}
    >
      <Icon name={isDone ? 'check' : 'copy'} size={14} />
      {children && <span>{isDone ? t('Copied') : children}</span>}
    </button>
  );
}
