import type { Execution } from '@cellkeep/schema/design';
import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { Ago, Took } from '../../look/Time.tsx';

const MOST_NAMES = 30;

/** How an execution went, when, how long it took and which one of its kernel it was. */
export function ExecutionFacts({ execution }: { execution: Execution }): ReactElement {
  const t = useTranslate();
  const { status, error, startedAt, durationMs, order } = execution;
  const words = {
    ok: t('✓ ok'),
    error: t('✕ {error}', { error: error?.name ?? t('error') }),
    aborted: t('■ aborted'),
    running: t('● running'),
  };
  const state = { ok: 'finished', error: 'failed', aborted: 'killed', running: 'running' };
  return (
    <>
      <span className="ck-state" data-status={state[status]} title={error ? `${error.name}: ${error.message}` : undefined}>
        {words[status]}
      </span>
      <span className="ck-dim" title={t('Which execution of its kernel it was, counted from 1')}>
        #{order + 1}
      </span>
      <span className="ck-dim">
        <Ago at={startedAt} /> ·{' '}
        {durationMs === null && status !== 'running' ? (
          t('cut off')
        ) : (
          <Took from={startedAt} to={durationMs === null ? null : startedAt + durationMs} />
        )}
      </span>
    </>
  );
}

/** Global names that it read and wrote. */
export function ExecutionNames({ execution: { reads, writes } }: { execution: Execution }): ReactElement | null {
  const t = useTranslate();
  if (reads.length === 0 && writes.length === 0) return null;
  return (
    <p className="ck-cell-names">
      {reads.length > 0 && <Names label={t('reads')} names={reads} />}
      {writes.length > 0 && <Names label={t('writes')} names={writes} />}
    </p>
  );
}

function Names({ label, names }: { label: string; names: readonly string[] }): ReactElement {
  return (
    <span title={names.join(', ')}>
      <span className="ck-faint">{label}</span> <code className="ck-mono">{names.slice(0, MOST_NAMES).join(', ')}</code>
      {names.length > MOST_NAMES && <span className="ck-faint"> +{names.length - MOST_NAMES}</span>}
    </span>
  );
}
