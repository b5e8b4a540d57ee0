import type { Execution } from '@cellkeep/schema/design';
import type { ReactElement, ReactNode } from 'react';
import { useTranslate } from '../../host.ts';
import { Code } from '../../look/Code.tsx';
import { Icon } from '../../look/icons.tsx';
import { NotebookLink } from '../../tracking/run/RunFacts.tsx';
import { StoredOutputs } from '../outputs/StoredOutputs.tsx';
import { ExecutionFacts, ExecutionNames } from './ExecutionFacts.tsx';

/** A cell as it was when it ran, where there is no document that it stands in. */
export function ExecutionCard({
  execution,
  isStarter,
  note,
}: {
  execution: Execution;
  isStarter: boolean;
  note?: ReactNode;
}): ReactElement {
  const t = useTranslate();
  const { executionCount, cellId, notebookPath, source, status, error, outputs } = execution;
  const prompt = <code>[{executionCount ?? ' '}]</code>;
  return (
    <section className="ck-card ck-cell" data-status={status} aria-label={t('cell [{n}]', { n: executionCount ?? ' ' })}>
      <header>
        {notebookPath ? (
          <NotebookLink path={notebookPath} cellId={cellId}>
            {prompt}
          </NotebookLink>
        ) : (
          prompt
        )}
        {isStarter && <span className="ck-chip">{t('started the run')}</span>}
        {note && <span className="ck-chip">{note}</span>}
        <span className="ck-grow" />
        <ExecutionFacts execution={execution} />
      </header>
      <Code source={source} />
      {error && (
        <p className="ck-run-note ck-bad">
          <Icon name="warn" size={14} /> {error.name}: {error.message}
        </p>
      )}
      <StoredOutputs digests={outputs} />
      <ExecutionNames execution={execution} />
    </section>
  );
}
