import type { Run } from '@cellkeep/schema/tracking';
import { type ReactElement, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { Code } from '../../look/Code.tsx';
import { Icon } from '../../look/icons.tsx';

const LAST_LINES = 14;

/** What ended the run: the error first, then where it was, innermost at the bottom as Python tells it. */
export function Failure({ error, onCode }: { error: NonNullable<Run['error']>; onCode: () => void }): ReactElement {
  const t = useTranslate();
  const [isOpen, setOpen] = useState(false);
  const lines = error.traceback.trimEnd().split('\n');
  const isLong = lines.length > LAST_LINES + 4;
  const shown = isLong && !isOpen ? lines.slice(-LAST_LINES) : lines;
  return (
    <section className="ck-card ck-run-failure" aria-label={t('Error')}>
      <header>
        <Icon name="warn" size={16} />
        <h2>
          {error.name}
          {error.message && <span>: {error.message}</span>}
        </h2>
        <span className="ck-grow" />
        <button type="button" className="ck-btn ck-small" onClick={onCode}>
          {t('Show the cell')}
        </button>
      </header>
      {error.traceback && (
        <>
          {isLong && (
            <button type="button" className="ck-btn ck-quiet ck-small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
              {isOpen ? t('Show only the end') : t('Show {n} more lines above', { n: lines.length - LAST_LINES })}
            </button>
          )}
          <Code plain source={shown.join('\n')} />
        </>
      )}
    </section>
  );
}
