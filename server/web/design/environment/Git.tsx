import type { KernelRecord } from '@cellkeep/schema/design';
import { type ReactElement, useMemo, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { ErrorState, Skeleton } from '../../look/states.tsx';
import { Commit } from '../../tracking/run/RunFacts.tsx';
import { usePart } from '../queries.ts';

const MOST_LINES = 3_000;

/** The commit, and what was changed since and is in none. */
export function Git({ git }: { git: NonNullable<KernelRecord['git']> }): ReactElement {
  const t = useTranslate();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <p>
        <Commit git={git} /> {git.branch && <span className="ck-dim">{t('on {branch}', { branch: git.branch })}</span>}
      </p>
      {git.diff ? (
        <>
          <button type="button" className="ck-btn ck-small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {isOpen ? t('Hide the changes') : t('Show the changes')}
          </button>
          {isOpen && <DiffText digest={git.diff} />}
        </>
      ) : (
        git.dirty && <p className="ck-run-none">{t('The changes were not kept: git took too long.')}</p>
      )}
    </>
  );
}

function DiffText({ digest }: { digest: string }): ReactElement {
  const t = useTranslate();
  const { data, error, refetch } = usePart(digest);
  const lines = useMemo(() => data?.split('\n') ?? [], [data]);
  if (data === undefined) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton rows={6} />;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
      <pre className="ck-nb-patch" tabIndex={0}>
        {lines.slice(0, MOST_LINES).map((line, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name
          <span key={i} data-line={kindOf(line)}>
            {line}
            {'\n'}
          </span>
        ))}
      </pre>
      {lines.length > MOST_LINES && (
        <p className="ck-run-none">{t('The first {n} of {total} lines.', { n: MOST_LINES, total: lines.length })}</p>
      )}
    </>
  );
}

function kindOf(line: string): string | undefined {
  if (/^(diff |index |--- |\+\+\+ )/.test(line)) return 'file';
  if (line.startsWith('@@')) return 'place';
  if (line.startsWith('+')) return 'added';
  return line.startsWith('-') ? 'removed' : undefined;
}
