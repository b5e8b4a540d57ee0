/** All experiments, last used first: found by name, made, renamed, deleted and taken back. */
import type { Experiment, LiveEvent } from '@cellkeep/schema/tracking';
import { useQueryClient } from '@tanstack/react-query';
import { type KeyboardEvent, type ReactElement, useEffect, useRef, useState } from 'react';
import { useTranslate } from '../host.ts';
import { useWatch } from '../live/shared.ts';
import { groupThousands } from '../look/format.ts';
import { Icon } from '../look/icons.tsx';
import { isTyping, type KeyHint, KeysHelp } from '../look/Keys.tsx';
import { Empty, ErrorState, OfflineBanner, Skeleton } from '../look/states.tsx';
import { ExperimentRow } from './experiments/ExperimentRow.tsx';
import { useExperimentActions } from './experiments/experimentActions.ts';
import { NewExperiment } from './experiments/NewExperiment.tsx';
import { FirstRun } from './FirstRun.tsx';
import { useExperiments } from './queries.ts';
import { UndoBar } from './UndoBar.tsx';

const TYPING = 200; // ms without a key before the list follows
const CALM = 1_000; // ms; while many runs begin and end their counts are asked for once a second

export function ExperimentsPage(): ReactElement {
  const t = useTranslate();
  const page = useRef<HTMLDivElement>(null);
  const [text, setText] = useState('');
  const [name, setName] = useState('');
  const [lifecycle, setLifecycle] = useState<'active' | 'deleted'>('active');
  const answer = useExperiments({ lifecycle, name: name || undefined });
  const actions = useExperimentActions();
  useCounts();
  useEffect(() => {
    const timer = setTimeout(() => setName(text.trim()), TYPING);
    return () => clearTimeout(timer);
  }, [text]);

  const experiments = (answer.data?.pages ?? []).flatMap((one) => one.experiments).filter((one) => one.lifecycle === lifecycle);
  const isFiltered = name !== '' || lifecycle === 'deleted';
  // Default is always there; alone and without a run it is as good as nothing.
  const isFirstUse = !isFiltered && answer.data !== undefined && experiments.every(({ runCount }) => runCount === 0);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === '/' && !isTyping(event.target)) {
      event.preventDefault();
      page.current?.querySelector<HTMLInputElement>('input[type=search]')?.focus();
    } else if (['ArrowDown', 'ArrowUp', 'j', 'k'].includes(event.key)) walk(event);
  };
  const reset = () => {
    setText('');
    setName('');
    setLifecycle('active');
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the whole view
    <div ref={page} className="ck-page" onKeyDown={onKeyDown}>
      <OfflineBanner />
      <header className="ck-head">
        <h1>{t('Experiments')}</h1>
        <span className="ck-grow" />
        <KeysHelp keys={keyHints(t)} scope={page} />
      </header>
      <div className="ck-bar">
        <label className="ck-query ck-name-query">
          <Icon name="search" size={14} />
          <input
            type="search"
            value={text}
            aria-label={t('Search experiments by name')}
            placeholder={t('Search by name')}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') setText('');
            }}
          />
        </label>
        <NewExperiment onCreate={actions.create} />
        <button
          type="button"
          className="ck-btn ck-toggle"
          aria-pressed={lifecycle === 'deleted'}
          aria-label={t('Deleted')}
          title={t('Show deleted experiments, to restore them')}
          onClick={() => setLifecycle(lifecycle === 'deleted' ? 'active' : 'deleted')}
        >
          <Icon name="bin" size={14} /> <span className="ck-wide">{t('Deleted')}</span>
        </button>
      </div>
      {answer.error && !answer.data ? (
        <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />
      ) : !answer.data ? (
        <Skeleton rows={8} height={34} />
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
          {answer.hasNextPage && (
            <button
              type="button"
              className="ck-btn ck-quiet ck-more-experiments"
              disabled={answer.isFetchingNextPage}
              onClick={() => void answer.fetchNextPage()}
            >
              {t('Show more')}
            </button>
          )}
          {isFirstUse && <FirstRun />}
        </div>
      )}
      {actions.undo && (
        <footer className="ck-selection">
          <UndoBar undo={actions.undo} onClose={actions.forgetUndo} />
        </footer>
      )}
    </div>
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

/** Arrows go from name to name. */
function walk(event: KeyboardEvent): void {
  if (isTyping(event.target)) return;
  const names: Element[] = [...event.currentTarget.querySelectorAll('.ck-experiments a.ck-run-name')];
  const at = document.activeElement ? names.indexOf(document.activeElement) : -1;
  const by = event.key === 'ArrowDown' || event.key === 'j' ? 1 : -1;
  const next = names[at < 0 ? 0 : at + by];
  if (!(next instanceof HTMLElement)) return;
  event.preventDefault();
  next.focus();
}

const keyHints = (t: ReturnType<typeof useTranslate>): KeyHint[] => [
  ['↑ ↓', t('go from experiment to experiment')],
  ['Enter', t('open its runs')],
  ['/', t('go to the search')],
  ['?', t('show these keys')],
];
