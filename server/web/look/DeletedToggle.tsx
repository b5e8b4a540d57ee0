import type { ReactElement } from 'react';
import { useTranslate } from '../host.ts';
import { Icon } from './icons.tsx';

/** Shows what was deleted in the place of what is there, to take it back. */
export function DeletedToggle({ isOn, title, onToggle }: { isOn: boolean; title?: string; onToggle: () => void }): ReactElement {
  const t = useTranslate();
  return (
    <button type="button" className="ck-btn ck-toggle" aria-pressed={isOn} aria-label={t('Deleted')} title={title} onClick={onToggle}>
      <Icon name="bin" size={14} /> <span className="ck-wide">{t('Deleted')}</span>
    </button>
  );
}
