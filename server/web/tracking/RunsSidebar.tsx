/**
 * What just happened in this notebook, and what can be done now, in 300 pixels: scope and filter on top, the runs, the selection's curves
 * and actions below. What follows the runs live is `watch` (live/live.ts); under the pointer the list keeps its order (sidebar/useSettled.ts).
 */
import type { LiveEvent, Run } from '@cellkeep/schema/tracking';
import { useQueryClient } from '@tanstack/react-query';
import { type KeyboardEvent, type ReactElement, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslate } from '../host.ts';
import { useWatch } from '../live/shared.ts';
import { groupThousands } from '../look/format.ts';
import { Icon } from '../look/icons.tsx';
import { isTyping } from '../look/Keys.tsx';
import { MenuButton } from '../look/Menu.tsx';
import { issuesOf } from '../look/refusal.ts';
import { Empty, ErrorState, OfflineBanner, Skeleton } from '../look/states.tsx';
import { FirstRun } from './FirstRun.tsx';
import { useRunKeys, useRunSearch } from './queries.ts';
import { useRunActions } from './runActions.ts';
import { groupRuns } from './sidebar/groups.ts';
import { Preview } from './sidebar/Preview.tsx';
import { RunList } from './sidebar/RunList.tsx';
import { BridgeNote, SidebarHead } from './sidebar/SidebarHead.tsx';
import { type UsedScope, useScope } from './sidebar/scope.ts';
import { useSettled } from './sidebar/useSettled.ts';
import { FilterField } from './table/FilterField.tsx';
import { UndoBar } from './UndoBar.tsx';

const PAGE = 100; // rows
const MOST = 1_000; // rows; more are for the table
const CALM = 2_000; // ms between searches while the values that a filter asks for change

export function RunsSidebar(): ReactElement {
  const t = useTranslate();
  const cache = useQueryClient();
  const side = useRef<HTMLDivElement>(null);
  const scope = useScope();
  const [filter, setFilter] = useState('');
  const [limit, setLimit] = useState(PAGE);
  const [selected, setSelected] = useState<string[]>([]);
  const scopeKey = JSON.stringify([scope.search, filter]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other runs are a list of their own
  useEffect(() => setLimit(PAGE), [scopeKey]);

  const answer = useRunSearch({ ...scope.search, filter, limit }, scope.search !== null);
  const runKeys = useRunKeys(scope.search?.experimentIds);
  const actions = useRunActions();
  const follow = useFollow(filter !== '');
  useWatch(scope.watch, follow);

  const runs = useMemo(() => (scope.search ? (answer.data?.runs ?? NONE).filter(isThere) : NONE), [scope.search, answer.data]);
  const fresh = useMemo(() => groupRuns(runs, Date.now()), [runs]);
  const { groups, news, onHold, showNews } = useSettled(fresh, scopeKey);
  const chosen = useMemo(() => selected.flatMap((id) => runs.find((run) => run.id === id) ?? []), [selected, runs]);
  const latest = runs.find(({ id }) => id === groups[0]?.ids[0]);
  const previewed = chosen.length > 0 ? chosen : latest ? [latest] : NONE;

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== '/' || isTyping(event.target)) return;
    event.preventDefault();
    side.current?.querySelector<HTMLInputElement>('.ck-filter-input')?.focus();
  };
  const isFilterWrong = issuesOf(answer.error).some(({ field }) => field.startsWith('filter'));
  const total = answer.data?.total ?? 0;

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the whole view
    <div ref={side} className="ck-side" onKeyDown={onKeyDown}>
      <SidebarHead
        scope={side}
        notebook={scope.notebook}
        view={scope.view}
        onRefresh={() => void cache.invalidateQueries({ refetchType: 'active' })}
      />
      <OfflineBanner />
      <div className="ck-side-filter">
        <FilterField value={filter} onChange={setFilter} keys={runKeys.data} error={answer.error} placeholder="metrics.auc > 0.8">
          <MenuButton
            label={t('Scope: {scope}', { scope: scope.label })}
            className="ck-btn ck-quiet ck-small ck-scope"
            align="end"
            items={scope.items}
          >
            <span>{scope.label}</span> <Icon name="down" size={12} />
          </MenuButton>
        </FilterField>
      </div>
      <BridgeNote notebook={scope.kind === 'notebook' ? scope.notebook : null} />
      {news > 0 && (
        <button type="button" className="ck-chip ck-pill ck-side-news" onClick={showNews}>
          <Icon name="up" size={12} /> {t('{n} new', { n: news })}
        </button>
      )}
      {runs.length > 0 ? (
        <RunList
          runs={runs}
          groups={groups}
          selected={chosen.map(({ id }) => id)}
          onSelect={setSelected}
          actions={actions}
          withNotebook={scope.kind !== 'notebook'}
          onHold={onHold}
        >
          {total > runs.length && (
            <div className="ck-side-more">
              <span className="ck-faint">{t('{shown} of {n} runs', { shown: groupThousands(runs.length), n: groupThousands(total) })}</span>
              {limit < MOST && (
                <button type="button" className="ck-btn ck-quiet ck-small" onClick={() => setLimit(limit + PAGE)}>
                  {t('Show more')}
                </button>
              )}
            </div>
          )}
        </RunList>
      ) : (
        <div className="ck-items">
          <Nothing scope={scope} answer={answer} isFilterWrong={isFilterWrong} filter={filter} onClear={() => setFilter('')} />
        </div>
      )}
      {actions.undo && (
        <div className="ck-side-undo">
          <UndoBar undo={actions.undo} onClose={actions.forgetUndo} />
        </div>
      )}
      {previewed.length > 0 && <Preview runs={previewed} isChosen={chosen.length > 0} actions={actions} onClear={() => setSelected([])} />}
    </div>
  );
}

const NONE: Run[] = [];
const isThere = ({ lifecycle }: Run) => lifecycle === 'active';

/** Rows change where they stand (live/cache.ts); runs that come or go, or that a filter may now want, are asked for. */
function useFollow(isFiltered: boolean): (event: LiveEvent) => void {
  const cache = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(() => () => clearTimeout(timer.current ?? undefined), []);
  return (event) => {
    if (event.type !== 'run' || (event.change === 'updated' && !isFiltered) || timer.current) return;
    const ask = () => {
      timer.current = null;
      void cache.invalidateQueries({ queryKey: ['runs'] });
      if (event.change === 'created') void cache.invalidateQueries({ queryKey: ['keys'] });
    };
    timer.current = setTimeout(ask, event.change === 'updated' ? CALM : 50);
  };
}

function Nothing({
  scope,
  answer,
  isFilterWrong,
  filter,
  onClear,
}: {
  scope: UsedScope;
  answer: ReturnType<typeof useRunSearch>;
  isFilterWrong: boolean;
  filter: string;
  onClear: () => void;
}): ReactElement {
  const t = useTranslate();
  if (!scope.search) {
    return (
      <Empty
        icon="notebook"
        title={scope.kind === 'notebook' ? t('No notebook is open') : t('No experiment yet')}
        actions={
          <button type="button" className="ck-btn" onClick={scope.showAll}>
            {t('Show all runs')}
          </button>
        }
      >
        <p>
          {scope.kind === 'notebook'
            ? t('The runs of the notebook in front appear here while its cells train.')
            : t('The first run makes one.')}
        </p>
      </Empty>
    );
  }
  if (answer.error && !isFilterWrong) return <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />;
  if (answer.isPending) return <Skeleton rows={6} height={46} />;
  if (filter) {
    return (
      <Empty
        icon="search"
        title={isFilterWrong ? t('This filter cannot be read.') : t('No run matches.')}
        actions={
          <button type="button" className="ck-btn" onClick={onClear}>
            {t('Clear the filter')}
          </button>
        }
      />
    );
  }
  return <FirstRun experimentName={scope.experimentName} compact />;
}
