/** All experiments, last used first: found by name, made, renamed, deleted and taken back. */
import type { Experiment, LiveEvent } from '@cellkeep/schema/tracking';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactElement, useEffect, useRef, useState } from 'react';
import { useMayWrite } from '../access/queries.ts';
import { useTranslate } from '../host.ts';
import { useWatch } from '../live/shared.ts';
import { DeletedToggle } from '../look/DeletedToggle.tsx';
import { groupThousands } from '../look/format.ts';
import { ListPage } from '../look/ListPage.tsx';
import { useNameSearch } from '../look/nameSearch.ts';
import { ShowMore } from '../look/ShowMore.tsx';
import { Empty, Unanswered } from '../look/states.tsx';
import { ExperimentRow } from './experiments/ExperimentRow.tsx';
import { useExperimentActions } from './experiments/experimentActions.ts';
import { NewExperiment } from './experiments/NewExperiment.tsx';
import { FirstRun } from './FirstRun.tsx';
import { useExperiments } from './queries.ts';
import { UndoBar } from './UndoBar.tsx';

const CALM = 1_000; // ms; while many runs begin and end their counts are asked for once a second

export function ExperimentsPage(): ReactElement {
  const t = useTranslate();
  const search = useNameSearch();
  const { name } = search;
  const [lifecycle, setLifecycle] = useState<'active' | 'deleted'>('active');
  const answer = useExperiments({ lifecycle, name: name || undefined });
  const actions = useExperimentActions();
  const mayWrite = useMayWrite();
  useCounts();

  const experiments = (answer.data?.pages ?? []).flatMap((one) => one.experiments).filter((one) => one.lifecycle === lifecycle);
  const isFiltered = name !== '' || lifecycle === 'deleted';
  // Default is always there; alone and without a run it is as good as nothing.
  const isFirstUse = !isFiltered && answer.data !== undefined && experiments.every(({ runCount }) => runCount === 0);

  const reset = () => {
    search.clear();
    setLifecycle('active');
  };

  return (
    <ListPage
      title={t('Experiments')}
      search={search}
      searchLabel={t('Search experiments by name')}
      keys={[
        ['↑ ↓', t('go from experiment to experiment')],
        ['Enter', t('open its runs')],
      ]}
      tools={
        <>
          {mayWrite && <NewExperiment onCreate={actions.create} />}
          <DeletedToggle
            isOn={lifecycle === 'deleted'}
            title={t('Show deleted experiments, to restore them')}
            onToggle={() => setLifecycle(lifecycle === 'deleted' ? 'active' : 'deleted')}
          />
        </>
      }
    >
      {!answer.data ? (
        <Unanswered answer={answer} rows={8} height={34} />
      ) : experiments.length === 0 && isFiltered ? (
        <Empty
          icon={lifecycle === 'deleted' ? 'bin' : 'search'}
          title={lifecycle === 'deleted' ? t('No deleted experiments.') : t('No experiment has "{name}" in its name.', { name })}
          actions={
            <button type="button" className="ck-btn" onClick={reset}>
              {lifecycle === 'deleted' ? t('Back to the experiments') : t('Clear the search')}
            </button>
          }
        />
      ) : (
        <div className="ck-scroll">
          {experiments.length > 0 && <List experiments={experiments} isOld={answer.isPlaceholderData} actions={actions} />}
          <ShowMore answer={answer} />
          {isFirstUse && <FirstRun />}
        </div>
      )}
      {actions.undo && (
        <footer className="ck-selection">
          <UndoBar undo={actions.undo} onClose={actions.forgetUndo} />
        </footer>
      )}
    </ListPage>
  );
}

function List({
  experiments,
  isOld,
  actions,
}: {
  experiments: readonly Experiment[];
  isOld: boolean;
  actions: ReturnType<typeof useExperimentActions>;
}): ReactElement {
  const t = useTranslate();
  return (
    <table className="ck-list ck-experiments" aria-label={t('Experiments')} aria-busy={isOld}>
      <thead>
        <tr>
          <th>{t('Name')}</th>
          <th className="ck-num">{t('Runs')}</th>
          <th>{t('Last run')}</th>
          <th className="ck-wide">{t('Description')}</th>
          <th>
            <span className="ck-spoken">{t('Actions')}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {experiments.map((experiment) => (
          <ExperimentRow key={experiment.id} experiment={experiment} actions={actions} />
        ))}
      </tbody>
      <caption className="ck-spoken">{t('{n} experiments', { n: groupThousands(experiments.length) })}</caption>
    </table>
  );
}

/** Counts and times of the rows follow the runs; the order stays as it was until the page is opened again. */
function useCounts(): void {
  const cache = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(() => () => clearTimeout(timer.current ?? undefined), []);
  useWatch({}, (event: LiveEvent) => {
    const isNews = event.type === 'experiment' || (event.type === 'run' && event.change !== 'updated');
    if (!isNews || timer.current) return;
    timer.current = setTimeout(() => {
      timer.current = null;
      void cache.invalidateQueries({ queryKey: ['experiments'] });
    }, CALM);
  });
}
