/** The notebook that made a run, as it was. Where no snapshot was taken it shows what ran, as far as that is known. */
import type { Execution, SnapshotSummary } from '@cellkeep/schema/design';
import type { Run } from '@cellkeep/schema/tracking';
import { type ReactElement, useState } from 'react';
import { useHost, useTranslate } from '../host.ts';
import { Code } from '../look/Code.tsx';
import { Empty, ErrorState, Skeleton } from '../look/states.tsx';
import { useExecutions } from '../tracking/queries.ts';
import { reasonWord } from './history/reasonWord.ts';
import { ExecutionCard } from './notebook/ExecutionCard.tsx';
import { NotebookView } from './notebook/NotebookView.tsx';
import { mainSnapshot, useSnapshot, useSnapshots } from './queries.ts';

export default function NotebookTab({ run }: { run: Run }): ReactElement {
  const { data, error, refetch } = useSnapshots({ runId: run.id });
  const [chosen, setChosen] = useState<string | null>(null);
  const executions = useExecutions(run.id);
  const snapshots = data?.pages.flatMap((page) => page.snapshots) ?? [];
  const summary = snapshots.find(({ id }) => id === chosen) ?? mainSnapshot(snapshots, run.id);
  const snapshot = useSnapshot(summary?.id ?? null);
  if (error || snapshot.error || executions.error) {
    const again = () => {
      void refetch();
      void executions.refetch();
      if (summary) void snapshot.refetch();
    };
    if (!data || !executions.data || (summary && !snapshot.data))
      return <ErrorState error={error ?? snapshot.error ?? executions.error} onRetry={again} />;
  }
  if (!data || !executions.data || (summary && !snapshot.data)) return <Skeleton rows={10} />;
  if (!snapshot.data) return <WithoutSnapshot run={run} executions={executions.data} />;
  const start = snapshots.find((one) => reasonOf(one, run.id) === 'start');
  return (
    <NotebookView
      snapshot={snapshot.data}
      run={run}
      runExecutions={executions.data}
      otherId={start && start.id !== snapshot.data.id ? start.id : null}
      switcher={
        snapshots.length > 1 ? <Switcher snapshots={snapshots} runId={run.id} selected={snapshot.data.id} onSelect={setChosen} /> : null
      }
    />
  );
}

const reasonOf = ({ runs, reason }: SnapshotSummary, runId: string) => runs.find(({ id }) => id === runId)?.reason ?? reason;

const FEW = 3;

function Switcher({
  snapshots,
  runId,
  selected,
  onSelect,
}: {
  snapshots: readonly SnapshotSummary[];
  runId: string;
  selected: string;
  onSelect: (id: string) => void;
}): ReactElement {
  const t = useTranslate();
  const inTime = snapshots.toSorted((a, b) => a.takenAt - b.takenAt);
  const wordOf = (one: SnapshotSummary) => {
    const reason = reasonOf(one, runId);
    return one.label || (reason === 'start' ? t('At the start') : reason === 'end' ? t('At the end') : reasonWord(reason, t));
  };
  if (inTime.length > FEW) {
    return (
      <select className="ck-field" aria-label={t('Which snapshot')} value={selected} onChange={({ target }) => onSelect(target.value)}>
        {inTime.map((one) => (
          <option key={one.id} value={one.id}>
            {wordOf(one)}
          </option>
        ))}
      </select>
    );
  }
  return (
    <fieldset className="ck-segments" aria-label={t('Which snapshot')}>
      {inTime.map((one) => (
        <button key={one.id} type="button" aria-pressed={one.id === selected} onClick={() => onSelect(one.id)}>
          {wordOf(one)}
        </button>
      ))}
    </fieldset>
  );
}

/** How to get one, and below it what ran. */
function WithoutSnapshot({ run, executions }: { run: Run; executions: readonly Execution[] }): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const { entrypoint } = run.source;
  const code = 'import cellkeep\ncellkeep.snapshot()';
  const how = (
    <Empty
      icon="notebook"
      title={executions.length === 0 ? t('No cell is known') : t('This run has no snapshot of its notebook')}
      actions={
        host.insertCell && (
          <button type="button" className="ck-btn" onClick={() => host.insertCell?.(code)}>
            {t('Insert into notebook')}
          </button>
        )
      }
    >
      <p>
        {entrypoint && executions.length === 0
          ? t('This run was logged by the script {path}, which keeps no cells.', { path: entrypoint })
          : t('One is taken when a run starts and ends in a notebook whose kernel has the Cellkeep package; by hand, with')}
      </p>
      {!(entrypoint && executions.length === 0) && <Code source={code} />}
    </Empty>
  );
  return (
    <div className="ck-run-code">
      {executions.length === 0 && how}
      {executions.map((execution) => (
        <ExecutionCard key={execution.id} execution={execution} isStarter={execution.id === run.source.executionId} />
      ))}
      {executions.length > 0 && how}
    </div>
  );
}
