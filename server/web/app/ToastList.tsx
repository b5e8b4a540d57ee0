import type { ReactElement } from 'react';
import { useReadable, useTranslate } from '../host.ts';
import { Icon } from '../look/icons.tsx';
import type { Toasts } from './toasts.ts';

export function ToastList({ toasts }: { toasts: Toasts }): ReactElement {
  const t = useTranslate();
  const shown = useReadable(toasts);
  return (
    <div className="ck-toasts" aria-live="polite">
      {shown.map(({ id, message, kind }) => (
        <div key={id} className="ck-toast" data-kind={kind} role={kind === 'error' ? 'alert' : 'status'}>
          <span className="ck-grow">{message}</span>
          <button type="button" className="ck-icon-btn" aria-label={t('Close')} onClick={() => toasts.close(id)}>
            <Icon name="close" size={14} />
          </button>
        </div>
      ))}
    </div>
  );
}
