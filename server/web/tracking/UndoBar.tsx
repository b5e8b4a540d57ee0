import { type ReactElement, useEffect } from 'react';
import { useTranslate } from '../host.ts';
import { Icon } from '../look/icons.tsx';
import type { Undo } from './runActions.ts';

const STAYS = 12_000; // ms; long enough to notice the mistake

export function UndoBar({ undo, onClose }: { undo: Undo | null; onClose: () => void }): ReactElement | null {
  const t = useTranslate();
  useEffect(() => {
    if (!undo) return;
    const timer = setTimeout(onClose, STAYS);
    return () => clearTimeout(timer);
  }, [undo, onClose]);
  if (!undo) return null;
  return (
    <div className="ck-undo" role="status">
      <span>{undo.message}</span>
      <button type="button" className="ck-btn ck-small" onClick={undo.back}>
        <Icon name="undo" size={14} /> {t('Undo')}
      </button>
      <button type="button" className="ck-icon-btn" aria-label={t('Close')} onClick={onClose}>
        <Icon name="close" size={14} />
      </button>
    </div>
  );
}
