/**
 * The runs of one experiment: found, sorted, gathered, chosen, compared. The address (`search`) holds the whole state. What is asked of
 * the server is in table/useTableRuns.ts, what the rows look like in table/Grid.tsx.
 */
import type { Run } from '@cellkeep/schema/tracking';
import { type KeyboardEvent, type ReactElement, useCallback, useMemo, useRef, useState } from 'react';
import { useHost, useTranslate } from '../host.ts';
import { Icon } from '../look/icons.tsx';
import { isTyping, type KeyHint, KeysHelp } from '../look/Keys.tsx';
import { Missing } from '../look/Missing.tsx';
import { issuesOf } from '../look/refusal.ts';
import { ErrorState, OfflineBanner, Skeleton } from '../look/states.tsx';
import { ExperimentHead } from './ExperimentHead.tsx';
import { FirstRun } from './FirstRun.tsx';
import { isMissing, useExperiment } from './queries.ts';
import { ChartStrip } from './table/ChartStrip.tsx';
import { ColumnMenu } from './table/ColumnMenu.tsx';
import { ExportMenu } from './table/ExportMenu.tsx';
import { Grid } from './table/Grid.tsx';
import { NoMatch } from './table/NoMatch.tsx';
import { Rail } from './table/Rail.tsx';
import { RailToggle, useRail } from './table/RailToggle.tsx';
import { SelectionBar } from './table/SelectionBar.tsx';
import { shownText } from './table/shownText.ts';
import { countText, Shape, Toolbar } from './table/Toolbar.tsx';
import { formatTableState, parseTableState, type TableState } from './table/tableState.ts';
import { useBulkActions } from './table/useBulkActions.ts';
import { useColumns } from './table/useColumns.ts';
import { useNews } from './table/useNews.ts';
import { useSelection } from './table/useSelection.ts';
import { useTableRuns } from './table/useTableRuns.ts';
import { useTints } from './table/useTints.ts';
import { useViews } from './table/useViews.ts';
import { useWidth } from './table/useWidth.ts';

const IN_STRIP = 5; // runs drawn while none is selected

export function RunTable({
  id,
  search = '',
  onSearch,
}: {
  id: string;
  search?: string;
  /** Told of each change of the state; absent: the table keeps it itself. */
  onSearch?: (search: string) => void;
}): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const page = useRef<HTMLDivElement>(null);
  const width = useWidth(page);
  const [state, onState] = useTableState(search, onSearch);
  const experiment = useExperiment(id);
  const runs = useTableRuns(id, state, width);
  const { pages, grouped, keys, columnSet, query } = runs;
  const columns = useColumns({ state, onState, columnSet, keys: keys.data, isNarrow: runs.isNarrow });
  const tints = useTints(query, state.colours, pages.loaded);
  const news = useNews(id);
  const actions = useBulkActions();
  const selection = useSelection(state, onState, query, runs.exact);
  const rail = useRail(width);
  const views = useViews(id, rail.isOpen || rail.isOver || state.view !== null);
  const [menu, setMenu] = useState<{ id: string; anchor: HTMLElement } | null>(null);
  const [tagKey, setTagKey] = useState(0);
  const menuColumn = menu && columns.layout.columns.find((column) => column.id === menu.id);
  const preferred = useMemo(
    () => columns.layout.columns.flatMap(({ kind, key }) => (kind === 'metric' ? [key] : [])).slice(0, 40),
    [columns.layout],
  );
  // The rows come first, their curves behind them.
  const firstRuns = useMemo(() => (pages.isSample ? [] : pages.loaded.slice(0, IN_STRIP)), [pages.isSample, pages.loaded]);

  const onAction = (action: 'compare' | 'delete' | 'tag' | 'archive' | 'all') => {
    if (action === 'all') return void selection.selectAll();
    if (action === 'compare') return host.navigate({ view: 'compare', runIds: state.selected });
    if (state.lifecycle === 'deleted') return;
    if (action === 'tag') return setTagKey((n) => n + 1);
    const work = action === 'delete' ? actions.delete : state.lifecycle === 'archived' ? actions.unarchive : actions.archive;
    void work(selection.choice).then((isDone) => isDone && selection.clear());
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (isTyping(event.target) || event.metaKey || event.ctrlKey || event.altKey) return;
    const targets: Record<string, string> = { '/': '.ck-filter-input', g: '.ck-grid' };
    const target = targets[event.key];
    if (!target) return;
    event.preventDefault();
    page.current?.querySelector<HTMLElement>(target)?.focus();
  };
  const onMenu = useCallback(
    ({ id: column }: { id: string }, anchor: HTMLElement) => setMenu((now) => (now?.id === column ? null : { id: column, anchor })),
    [],
  );
  const onReplace = (next: TableState) => onState({ ...next, selected: [] });

  const isFilterWrong = issuesOf(runs.error).some(({ field }) => field.startsWith('filter'));
  const isFiltered = state.filter !== '' || state.lifecycle !== 'active';
  const isEmpty = runs.total === 0 || (isFilterWrong && runs.total === null);
  // Of closed groups there are no rows to draw.
  const hasStrip = state.charts && !isEmpty && (firstRuns.length > 0 || state.selected.length > 0 || pages.isSample || runs.isLoading);
  if (experiment.error && !experiment.data) {
    if (!isMissing(experiment.error)) return <ErrorState error={experiment.error} onRetry={() => void experiment.refetch()} />;
    return (
      <Missing
        title={t('There is no such experiment')}
        said={t('No experiment of this workspace has the id')}
        id={id}
        why={t('It may be of another workspace, or the address was cut off.')}
        to={{ view: 'experiments' }}
        label={t('All experiments')}
      />
    );
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the whole view
    <div ref={page} className="ck-page ck-table-page" onKeyDown={onKeyDown}>
      <OfflineBanner />
      <ExperimentHead id={id} experiment={experiment.data}>
        {news.count > 0 && (
          <button type="button" className="ck-chip ck-pill" onClick={() => news.show(page.current)}>
            <Icon name="up" size={12} /> {t('{n} new', { n: news.count })}
          </button>
        )}
        <KeysHelp keys={keyHints(t)} scope={page} />
      </ExperimentHead>
      <div className="ck-table-body">
        {rail.isOpen && <Rail experimentId={id} state={state} views={views} onState={onReplace} />}
        <div className="ck-table-main">
          <Toolbar state={state} onState={onState} keys={keys.data} columnSet={columnSet} error={runs.error}>
            {!isEmpty && !isFilterWrong && (
              <ExportMenu search={query} selected={state.selected} total={countText(runs.total ?? 0, runs.isAtLeast)} />
            )}
            <RailToggle rail={rail} viewName={views.all.find((view) => view.id === state.view)?.name}>
              <Rail experimentId={id} state={state} views={views} onState={onReplace} />
            </RailToggle>
          </Toolbar>
          <Shape state={state} onState={onState} total={runs.groupsText} />
          {hasStrip && (
            <div className="ck-strip-room">
              <ChartStrip selected={state.selected} first={firstRuns} preferred={preferred} />
            </div>
          )}
          {runs.error && !isFilterWrong && runs.total === null ? (
            <ErrorState error={runs.error} onRetry={runs.retry} />
          ) : runs.isLoading && !isFilterWrong ? (
            <Skeleton rows={14} />
          ) : isEmpty ? (
            isFiltered ? (
              <NoMatch state={state} onState={onState} isFilterWrong={isFilterWrong} />
            ) : (
              <FirstRun experimentName={experiment.data?.name} />
            )
          ) : (
            <Grid
              pages={pages}
              layout={columns.layout}
              state={state}
              tints={tints}
              onSelected={(selected) => onState({ selected })}
              onVisible={runs.onVisible}
              onColumns={runs.onColumns}
              columnActions={columns.actions}
              onMenu={onMenu}
              menuOf={menu?.id ?? null}
              onOpen={(run: Run) => host.navigate({ view: 'run', id: run.id })}
              onAction={onAction}
              onToggleGroup={grouped.toggle}
              onSelectGroup={(group) => void selection.selectGroup(group)}
              onMoreGroups={grouped.more}
            />
          )}
          <SelectionBar
            selected={state.selected}
            choice={selection.choice}
            allMatching={selection.allMatching}
            actions={actions}
            onClear={selection.clear}
            lifecycle={state.lifecycle}
            tagKey={tagKey}
          >
            {runs.total !== null && runs.total > 0 && shownText(runs, state, t)}
          </SelectionBar>
        </div>
      </div>
      {menu && menuColumn && (
        <ColumnMenu
          key={menu.id}
          column={menuColumn}
          anchor={menu.anchor}
          search={query}
          state={state}
          onState={onState}
          onClose={() => setMenu(null)}
          {...columns.menuOf(menuColumn)}
        />
      )}
    </div>
  );
}

/** The state, in the address or in the page. */
function useTableState(search: string, onSearch: ((search: string) => void) | undefined) {
  const [own, setOwn] = useState(() => parseTableState(search));
  // More runs may be selected than an address holds: those stay here.
  const [selected, setSelected] = useState<string[] | null>(null);
  const state = useMemo(() => {
    const said = onSearch ? parseTableState(search) : own;
    return selected ? { ...said, selected } : said;
  }, [onSearch, search, own, selected]);
  const latest = useRef(state);
  latest.current = state;
  const onState = useCallback(
    (change: Partial<TableState>) => {
      const next = { ...latest.current, ...change };
      latest.current = next;
      const address = formatTableState(next);
      setSelected(parseTableState(address).selected.length < next.selected.length ? next.selected : null);
      if (onSearch) onSearch(address);
      else setOwn(next);
    },
    [onSearch],
  );
  return [state, onState] as const;
}

const keyHints = (t: ReturnType<typeof useTranslate>): KeyHint[] => [
  ['↑ ↓ ← →', t('go from cell to cell; above the first row is the header')],
  ['Home End', t('first and last run')],
  ['PgUp PgDn', t('a screen up or down')],
  ['Enter', t('open the run or the group; in the header: sort, with Shift as second order')],
  ['Space', t('select the run; with Shift all up to it')],
  ['Ctrl A', t('select all that match')],
  ['c t e Del', t('compare, tag, archive, delete the selected runs')],
  ['Esc', t('select nothing')],
  ['Alt ← →', t('in the header: move the column; with Shift its width')],
  ['m p Del', t('in the header: its menu, pin, hide')],
  ['/ g', t('go to the filter, to the rows')],
  ['?', t('show these keys')],
];
