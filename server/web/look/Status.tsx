import type { Run, RunStatus } from '@cellkeep/schema/tracking';
import type { ReactElement } from 'react';
import { type Translate, useTranslate } from '../host.ts';

const MARKS: Record<RunStatus, string> = { running: '●', scheduled: '○', finished: '✓', failed: '✕', killed: '■', lost: '◌' };

export function statusWord(status: RunStatus, t: Translate): string {
  const words: Record<RunStatus, string> = {
    running: t('running'),
    finished: t('finished'),
    failed: t('failed'),
    killed: t('stopped'),
    scheduled: t('scheduled'),
    lost: t('lost'),
  };
  return words[status];
}

/** What ended the run stands in place of `failed`, because it says more. */
export function stateText(run: Pick<Run, 'status' | 'error' | 'lifecycle'>, t: Translate): string {
  if (run.lifecycle === 'deleted') return t('deleted');
  if (run.status === 'failed' && run.error) return run.error.name;
  return statusWord(run.status, t);
}

/** The shape alone, with its word for who cannot see it. */
export function StatusMark({ status }: { status: RunStatus }): ReactElement {
  const t = useTranslate();
  return (
    <span className="ck-status-mark" data-status={status} title={statusWord(status, t)}>
      <span aria-hidden="true">{MARKS[status]}</span>
      <span className="ck-spoken">{statusWord(status, t)}</span>
    </span>
  );
}

export function StatusText({ run }: { run: Pick<Run, 'status' | 'error' | 'lifecycle'> }): ReactElement {
  const t = useTranslate();
  if (run.lifecycle === 'deleted') return <span className="ck-faint">{t('deleted')}</span>;
  const title = run.error
    ? `${run.error.name}: ${run.error.message}`
    : run.status === 'lost'
      ? t('Its process stopped without a word.')
      : undefined;
  return (
    <span className="ck-state" data-status={run.status} title={title}>
      <span aria-hidden="true">{MARKS[run.status]}</span> {stateText(run, t)}
    </span>
  );
}
