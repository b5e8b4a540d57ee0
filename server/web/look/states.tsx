/** The states that every view has beside its full one: nothing yet, loading, failed, old. */
import type { ReactElement, ReactNode } from 'react';
import { OfflineError } from '../connection.ts';
import { type Translate, useTranslate } from '../host.ts';
import { useConnectionStatus, useShared } from '../live/shared.ts';
import { clockTime } from './format.ts';
import { Icon, type IconName } from './icons.tsx';
import { messageOf, reasonsOf } from './refusal.ts';

export function Empty({
  icon,
  title,
  children,
  actions,
}: {
  icon: IconName;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}): ReactElement {
  return (
    <div className="ck-empty">
      <span className="ck-empty-icon">
        <Icon name={icon} size={28} />
      </span>
      <h3>{title}</h3>
      {children}
      {actions && <div className="ck-actions">{actions}</div>}
    </div>
  );
}

/** What went wrong: the server's sentence, then each field with its reason and what to do. */
export function errorLines(error: unknown, t: Translate): { title: string; lines: string[] } {
  if (error instanceof OfflineError) return { title: t('The server cannot be reached.'), lines: [t('Trying again by itself.')] };
  return { title: messageOf(error), lines: reasonsOf(error) };
}

export const errorText = (error: unknown, t: Translate): string => {
  const { title, lines } = errorLines(error, t);
  return lines[0] ?? title;
};

export function ErrorState({ error, onRetry }: { error: unknown; onRetry: () => void }): ReactElement {
  const t = useTranslate();
  const { title, lines } = errorLines(error, t);
  return (
    <div className="ck-empty" role="alert">
      <span className="ck-empty-icon ck-bad">
        <Icon name="warn" size={28} />
      </span>
      <h3>{title}</h3>
      {lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
      <div className="ck-actions">
        <button type="button" className="ck-btn" onClick={onRetry}>
          <Icon name="refresh" size={14} /> {t('Try again')}
        </button>
      </div>
    </div>
  );
}

/** In the place of an answer that has not come: it is on its way, or it went wrong. */
export function Unanswered({
  answer: { error, refetch },
  rows,
  height,
}: {
  answer: { error: unknown; refetch: () => unknown };
  rows?: number;
  height?: number;
}): ReactElement {
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return <Skeleton rows={rows} height={height} />;
}

/** Grey bars of the size of what comes, after a moment: what comes at once must not flicker. */
export function Skeleton({ rows = 6, height = 28 }: { rows?: number; height?: number }): ReactElement {
  const t = useTranslate();
  return (
    <div className="ck-skeleton" role="status" aria-label={t('Loading')}>
      {Array.from({ length: rows }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: bars are all alike
        <div key={i} style={{ height }}>
          <i style={{ width: `${30 + ((i * 37) % 50)}%` }} />
        </div>
      ))}
    </div>
  );
}

/** Stands above what is shown while the server is away. */
export function OfflineBanner(): ReactElement | null {
  const t = useTranslate();
  const { state, since } = useConnectionStatus();
  const { connection } = useShared();
  if (state !== 'offline') return null;
  return (
    <div className="ck-banner" role="status">
      <Icon name="warn" size={14} />
      <span className="ck-grow">{t('Offline: what is shown is from {time}.', { time: clockTime(since) })}</span>
      <button type="button" className="ck-btn ck-quiet ck-small" onClick={() => connection.retry()}>
        {t('Try now')}
      </button>
    </div>
  );
}
