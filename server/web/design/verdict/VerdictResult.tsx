import type { Difference, Verdict } from '@cellkeep/schema/design';
import { type ReactElement, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import { Ago } from '../../look/Time.tsx';
import { Ansi } from '../outputs/Ansi.tsx';
import { distanceText, kindWord, resultText } from './differenceText.ts';
import { statusWord, verdictMark } from './VerdictBadge.tsx';

const FIRST = 50;

/** What one verification found: the sentence, the first cell that differed, then each difference with its size. */
export function VerdictResult({ verdict, onShow }: { verdict: Verdict; onShow: ((cellId: string) => void) | null }): ReactElement {
  const t = useTranslate();
  const { status, findings, endedAt, options } = verdict;
  const environments = {
    same: t('in the environment that asked'),
    reused: t('in an equal environment that was there'),
    rebuilt: t('in an environment built for it'),
    partial: t('in an environment that lacks some packages'),
    none: t('in no environment of its own'),
  };
  return (
    <section className="ck-nb-result" data-verdict={status} aria-label={t('Result')}>
      <p className="ck-nb-result-head" role="status">
        <span className="ck-verdict" data-verdict={status}>
          <span aria-hidden="true">{verdictMark(status)}</span> <b>{statusWord(status, t)}</b>
        </span>
        <span>{resultText(verdict, t)}</span>
      </p>
      <p className="ck-dim">
        {endedAt !== null && <Ago at={endedAt} />}
        {findings?.environment && ` · ${environments[findings.environment]}`}
        {findings && ` · ${t('{n} executions', { n: findings.executed })}`}
        {` · ${options.how === 'order' ? t('all, in order') : t('only its slice')} · ${t('tolerance {n}', { n: options.tolerances.relative })}`}
      </p>
      {findings?.firstOrder != null && (
        <p>
          {status === 'failed' ? t('First cell that failed:') : t('First cell that differed:')}{' '}
          {findings.firstCellId && onShow ? (
            <button type="button" className="ck-link ck-nb-go" onClick={() => onShow(findings.firstCellId as string)}>
              {t('execution #{n}', { n: findings.firstOrder + 1 })}
            </button>
          ) : (
            t('execution #{n}', { n: findings.firstOrder + 1 })
          )}
        </p>
      )}
      {findings?.error?.traceback && (
        <details>
          <summary>{t('Traceback')}</summary>
          <Ansi source={findings.error.traceback} isError />
        </details>
      )}
      {findings && findings.differences.length > 0 && <Differences differences={findings.differences} onShow={onShow} />}
      {findings && findings.notes.length > 0 && (
        <details>
          <summary>{t('Not compared ({n})', { n: findings.notes.length })}</summary>
          <ul className="ck-nb-notes">
            {findings.notes.map((note, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two notes may say the same
              <li key={i}>{note}</li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function Differences({
  differences,
  onShow,
}: {
  differences: readonly Difference[];
  onShow: ((cellId: string) => void) | null;
}): ReactElement {
  const t = useTranslate();
  const [isAll, setAll] = useState(false);
  const sorted = differences.toSorted((a, b) => Number(b.counts) - Number(a.counts));
  const shown = isAll ? sorted : sorted.slice(0, FIRST);
  return (
    <>
      {shown.some(({ was, now }) => was || now) && (
        <p className="ck-nb-was-now-names">
          <span>{t('recorded')}</span>
          <span>{t('made again')}</span>
        </p>
      )}
      <ul className="ck-nb-differences">
        {shown.map((one, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: one name may differ in several cells
          <li key={`${i} ${one.name}`} data-counts={one.counts}>
            <header>
              <span className="ck-dim">{kindWord(one.kind, t)}</span> <b>{one.name}</b>
              <span className="ck-grow" />
              <span className="ck-warned">{distanceText(one, t)}</span>
              {one.cellId && onShow && (
                <button
                  type="button"
                  className="ck-icon-btn"
                  aria-label={t('Show the cell of {name}', { name: one.name })}
                  onClick={() => onShow(one.cellId as string)}
                >
                  <Icon name="right" size={13} />
                </button>
              )}
            </header>
            {(one.was || one.now) && (
              <div className="ck-nb-was-now">
                <del title={t('It was')}>{one.was || '–'}</del>
                <ins title={t('It is now')}>{one.now || '–'}</ins>
              </div>
            )}
            {!one.counts && <span className="ck-faint">{t('told, but no reason for drifted')}</span>}
          </li>
        ))}
      </ul>
      {shown.length < sorted.length && (
        <button type="button" className="ck-btn ck-small" onClick={() => setAll(true)}>
          {t('Show {n} more', { n: sorted.length - shown.length })}
        </button>
      )}
    </>
  );
}
