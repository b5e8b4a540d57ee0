import { type ReactElement, useEffect, useRef } from 'react';
import { useTranslate } from '../host.ts';
import { Code } from '../look/Code.tsx';
import { Icon } from '../look/icons.tsx';
import { firstCell } from '../tracking/FirstRun.tsx';

/** How numbers come here, for who opened the server UI first. */
export function HelpDialog({ onClose }: { onClose: () => void }): ReactElement {
  const t = useTranslate();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const server = document.baseURI.replace(/\/$/, '');
  return (
    <dialog ref={dialog} className="ck-dialog ck-help" aria-label={t('Help')} onClose={onClose}>
      <header>
        <h2>{t('How runs come here')}</h2>
        <button type="button" className="ck-icon-btn" aria-label={t('Close')} onClick={() => dialog.current?.close()}>
          <Icon name="close" />
        </button>
      </header>
      <div className="ck-help-body">
        <p>{t('Once, in a terminal of the machine where the notebook or script runs; it asks for a token, which Settings makes:')}</p>
        <Code source={`cellkeep login ${server}`} plain />
        <p>{t('Then in a cell or a script:')}</p>
        <Code source={firstCell()} />
        <p className="ck-dim">{t('In a table, a run or a comparison the key ? shows the keys that work there.')}</p>
        <p>
          <a className="ck-link ck-strong-link" href={new URL('api/v1/docs', document.baseURI).href} target="_blank" rel="noreferrer">
            {t('Every operation, to browse and to try (OpenAPI)')} <Icon name="external" size={12} />
          </a>
        </p>
      </div>
    </dialog>
  );
}
