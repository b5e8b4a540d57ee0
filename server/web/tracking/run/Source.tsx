import type { Run } from '@cellkeep/schema/tracking';
import type { ReactElement, ReactNode } from 'react';
import { useTranslate } from '../../host.ts';
import { CopyButton } from '../../look/CopyButton.tsx';
import { ViewLink } from '../../look/ViewLink.tsx';
import { useRun } from '../queries.ts';
import { Commit, NotebookLink } from './RunFacts.tsx';
import { Section } from './Section.tsx';

/** Where the run came from, as far as it is known. */
export function Source({ run }: { run: Run }): ReactElement {
  const t = useTranslate();
  const { notebookPath, entrypoint, cellId, executionCount, host, git } = run.source;
  const facts: [label: string, value: ReactNode][] = [];
  if (run.parentRunId) facts.push([t('Parent run'), <ParentLink key="parent" id={run.parentRunId} />]);
  if (notebookPath) {
    facts.push([
      t('Notebook'),
      <NotebookLink key="notebook" path={notebookPath} cellId={cellId}>
        {notebookPath}
      </NotebookLink>,
    ]);
  }
  if (entrypoint) facts.push([t('Script'), entrypoint]);
  if (cellId) facts.push([t('Cell'), executionCount === null ? cellId : `[${executionCount}] ${cellId}`]);
  if (git) facts.push([t('Commit'), <Commit key="commit" git={git} />]);
  if (git?.branch) facts.push([t('Branch'), git.branch]);
  if (host) facts.push([t('Machine'), host]);
  facts.push([
    t('Run id'),
    <span key="id" className="ck-run-id">
      <code className="ck-mono">{run.id}</code> <CopyButton text={run.id} label={t('Copy the id of the run')} />
    </span>,
  ]);
  return (
    <Section title={t('Source')}>
      <dl className="ck-run-pairs">
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}

function ParentLink({ id }: { id: string }): ReactElement {
  const { data } = useRun(id);
  return <ViewLink to={{ view: 'run', id }}>{data?.name ?? id.slice(0, 8)}</ViewLink>;
}
