import type { Execution } from '@cellkeep/schema/design';
import type { Run } from '@cellkeep/schema/tracking';
import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { Code } from '../../look/Code.tsx';
import { Icon } from '../../look/icons.tsx';
import { Empty, ErrorState, Skeleton } from '../../look/states.tsx';
import { Ago, Took } from '../../look/Time.tsx';
import { useExecutions } from '../queries.ts';
import { NotebookLink } from './RunFacts.tsx';

const MOST_NAMES = 30;

/** The cells that ran while the run was open, as they were then. */
export function CodeTab({ run }: { run: Run }): ReactElement {
  const t = useTranslate();
  const { data, error, refetch } = useExecutions(run.id);
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton rows={10} />;
  if (data.length === 0) {
    const { entrypoint } = run.source;
    return (
      <Empty icon="notebook" title={t('No cell is known')}>
        <p>
          {entrypoint
            ? t('This run was logged by the script {path}, which keeps no cells.', { path: entrypoint })
            : t('The cells of runs that a notebook with the Cellkeep kernel package makes are shown here, as they were when they ran.')}
        </p>
      </Empty>
    );
  }
  return (
    <div className="ck-run-code">
      {data.map((execution) => (
        <Cell key={execution.id} execution={execution} isStarter={execution.id === run.source.executionId} />
      ))}
    </div>
  );
}

function Cell({ execution, isStarter }: { execution: Execution; isStarter: boolean }): ReactElement {
  const t = useTranslate();
  const { executionCount, cellId, notebookPath, source, startedAt, durationMs, status, error, reads, writes } = execution;
  const label = t('cell [{n}]', { n: executionCount ?? ' ' });
  return (
    <section className="ck-card ck-cell" data-status={status} aria-label={label}>
      <header>
        {notebookPath ? (
          <NotebookLink path={notebookPath} cellId={cellId}>
            <code>[{executionCount ?? ' '}]</code>
          </NotebookLink>
        ) : (
          <code>[{executionCount ?? ' '}]</code>
        )}
        {isStarter && <span className="ck-chip">{t('started the run')}</span>}
        <span
          className="ck-state"
          data-status={status === 'ok' ? 'finished' : status === 'error' ? 'failed' : status === 'aborted' ? 'killed' : 'running'}
        >
          {status === 'ok'
            ? t('✓ ok')
            : status === 'error'
              ? t('✕ {error}', { error: error?.name ?? t('error') })
              : status === 'aborted'
                ? t('■ aborted')
                : t('● running')}
        </span>
        <span className="ck-grow" />
        <span className="ck-dim">
          <Ago at={startedAt} /> ·{' '}
          {durationMs === null && status !== 'running' ? (
            t('cut off')
          ) : (
            <Took from={startedAt} to={durationMs === null ? null : startedAt + durationMs} />
          )}
        </span>
      </header>
      <Code source={source} />
      {error && (
        <p className="ck-run-note ck-bad">
          <Icon name="warn" size={14} /> {error.name}: {error.message}
        </p>
      )}
      {(reads.length > 0 || writes.length > 0) && (
        <p className="ck-cell-names">
          {reads.length > 0 && <Names label={t('reads')} names={reads} />}
          {writes.length > 0 && <Names label={t('writes')} names={writes} />}
        </p>
      )}
    </section>
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
