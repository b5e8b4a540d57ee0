import type { ReactElement } from 'react';
import { useTranslate } from '../host.ts';
import { CopyButton } from './CopyButton.tsx';

/** A secret that was just made: only its hash is stored, so it is shown until it is copied, and never again. */
export function SecretOnce({
  title,
  secret,
  copyLabel,
  onDone,
}: {
  title: string;
  secret: string;
  copyLabel: string;
  onDone: () => void;
}): ReactElement {
  const t = useTranslate();
  return (
    <div className="ck-secret" role="status">
      <p>
        <b>{title}</b>
      </p>
      <div>
        <code>{secret}</code>
        <CopyButton text={secret} label={copyLabel}>
          {t('Copy')}
        </CopyButton>
        <button type="button" className="ck-btn ck-quiet" onClick={onDone}>
          {t('Done')}
        </button>
      </div>
    </div>
  );
}
