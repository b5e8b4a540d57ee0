import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';

/** Above a file that is shown as a table and can be read as its text, in a preview and in a comparison. */
export function TableOrTextSwitch({ isText, onChange }: { isText: boolean; onChange: (isText: boolean) => void }): ReactElement {
  const t = useTranslate();
  return (
    <fieldset className="ck-segments ck-artifact-ways" aria-label={t('How the file is shown')}>
      <button type="button" aria-pressed={!isText} onClick={() => onChange(false)}>
        {t('Table')}
      </button>
      <button type="button" aria-pressed={isText} onClick={() => onChange(true)}>
        {t('Text')}
      </button>
    </fieldset>
  );
}
