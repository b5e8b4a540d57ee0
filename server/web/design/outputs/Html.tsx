import { type ReactElement, type ReactNode, useMemo, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import { safeHtml, sandboxedDocument } from './safeHtml.ts';

/** HTML of an output (a table of pandas, a report): its text and tables in the page, or all its looks in a frame that may do nothing. */
export function Html({ source, otherwise }: { source: string; otherwise: ReactNode }): ReactElement {
  const t = useTranslate();
  const [isFramed, setFramed] = useState(false);
  const safe = useMemo(() => safeHtml(source), [source]);
  const left = [
    safe.hasScript && t('JavaScript, which is never run here'),
    safe.hasForeign && t('forms, frames or pictures from elsewhere'),
  ];
  const leftOut = left.filter(Boolean).join(', ');
  return (
    <div className="ck-out-html-box">
      {isFramed ? (
        <iframe
          className="ck-out-frame"
          sandbox=""
          referrerPolicy="no-referrer"
          loading="lazy"
          title={t('Output with its own styles')}
          srcDoc={sandboxedDocument(source)}
        />
      ) : safe.isEmpty ? (
        otherwise
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
        // biome-ignore lint/a11y/useSemanticElements: a group of an output's parts is no group of fields
        <div className="ck-out-html" role="group" aria-label={t('HTML')} tabIndex={0}>
          {safe.content}
        </div>
      )}
      {(leftOut || safe.hasStyle || safe.isCut) && (
        <p className="ck-out-note">
          {leftOut && (
            <span>
              <Icon name="warn" size={12} /> {t('Left out: {what}.', { what: leftOut })}
            </span>
          )}
          {safe.isCut && <span>{t('It is long: only its first part is shown.')}</span>}
          {safe.hasStyle && (
            <button type="button" className="ck-link" aria-pressed={isFramed} onClick={() => setFramed(!isFramed)}>
              {isFramed ? t('Show it plain') : t('Show it with its own styles')}
            </button>
          )}
        </p>
      )}
    </div>
  );
}
