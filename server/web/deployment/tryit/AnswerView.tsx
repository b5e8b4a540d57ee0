import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { formatDuration } from '../../look/format.ts';
import { ViewLink } from '../../look/ViewLink.tsx';
import { RowsTable } from '../predictions/RowsTable.tsx';
import type { Answer } from './ask.ts';

/** What came back: the values, how long it took, and the id that leads to what made them. */
export function AnswerView({ answer, atFields }: { answer: Answer; atFields: number }): ReactElement {
  const t = useTranslate();
  const { status, ms, predictionId, outputs, message, issues } = answer;
  const isOk = status < 400;
  return (
    <section className="ck-answer" data-ok={isOk} aria-label={t('Answer')} aria-live="polite">
      <header>
        <b className={isOk ? undefined : 'ck-bad'}>{isOk ? t('Answer') : t('Refused with {status}', { status })}</b>
        <span className="ck-dim" title={t('Measured in this browser: the way there and back counts')}>
          {formatDuration(ms)}
        </span>
        <span className="ck-grow" />
        {predictionId && (
          <ViewLink
            to={{ view: 'prediction', id: predictionId }}
            className="ck-link ck-mono"
            title={t('Why this answer, and what made it')}
          >
            {t('Why?')} {predictionId.slice(0, 12)}…
          </ViewLink>
        )}
      </header>
      {outputs && <RowsTable rows={outputs} label={t('Answer')} />}
      {message && (
        <p className="ck-answer-wrong" role="alert">
          {message}
          {atFields > 0 && ` ${t('See the marked fields.')}`}
        </p>
      )}
      {issues.length > 0 && (
        <ul className="ck-answer-issues">
          {issues.slice(0, 20).map(({ field, reason, remedy }) => (
            <li key={`${field} ${reason}`}>
              {field && <code className="ck-mono">{field}</code>} {reason}
              {remedy && ` – ${remedy}`}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
