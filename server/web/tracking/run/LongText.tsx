import { type ReactElement, useState } from 'react';
import { useTranslate } from '../../host.ts';

const SHORT = 120; // characters; about two lines of a column

/** A value that may be a whole file: its beginning, and the rest when asked for. */
export function LongText({ text }: { text: string }): ReactElement {
  const t = useTranslate();
  const [isOpen, setOpen] = useState(false);
  if (text === '') return <span className="ck-faint">{t('(empty)')}</span>;
  if (text.length <= SHORT) return <span className="ck-run-text">{text}</span>;
  return (
    <span className="ck-run-text">
      {isOpen ? text : `${text.slice(0, SHORT)}…`}{' '}
      <button type="button" className="ck-link" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {isOpen ? t('less') : t('all {n} characters', { n: text.length })}
      </button>
    </span>
  );
}
