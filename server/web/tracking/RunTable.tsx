/** The runs of one experiment: found, sorted, chosen, compared. The address (`search`) holds the whole state. */
import type { LiveEvent, Run } from '@cellkeep/schema/tracking';
import { useQueryClient } from '@tanstack/react-query';
import { type KeyboardEvent, type ReactElement, useCallback, useMemo, useRef, useState } from 'react';
import { useHost, useTranslate } from '../host.ts';
import { useWatch } from '../live/shared.ts';
import { groupThousands } from '../look/format.ts';
import { Icon } from '../look/icons.tsx';
import { isTyping, type KeyHint, KeysHelp } from '../look/Keys.tsx';
import { Empty, ErrorState, issuesOf, OfflineBanner, Skeleton } from '../look/states.tsx';
import { ExperimentHead } from './ExperimentHead.tsx';
import { FirstRun } from './FirstRun.tsx';
import { useExperiment, useRunKeys } from './queries.ts';
import { useRunActions } from './runActions.ts';
import { ChartStrip } from './table/ChartStrip.tsx';
import { ColumnChooser } from './table/ColumnChooser.tsx';
import { columnOf } from './table/columns.ts';
import { FilterField } from './table/FilterField.tsx';
import { Grid } from './table/Grid.tsx';
import { SelectionBar } from './table/SelectionBar.tsx';
import { formatTableState, parseTableState, type TableState } from './table/tableState.ts';
import { useDefaultColumns } from './table/useDefaultColumns.ts';
import { useRunPages } from './table/useRunPages.ts';

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
  const cache = useQueryClient();
  const page = useRef<HTMLDivElement>(null);
  const [own, setOwn] = useState(() => parseTableState(search));
  const state = useMemo(() => (onSearch ? parseTableState(search) : own), [onSearch, search, own]);
  const latest = useRef(state);
  latest.current = state;
  const onState = useCallback(
    (change: Partial<TableState>) => {
      const next = { ...latest.current, ...change };
      latest.current = next;
      if (onSearch) onSearch(formatTableState(next));
      else setOwn(next);
    },
    [onSearch],
  );

  const [news, setNews] = useState<ReadonlySet<string>>(new Set());
  useWatch({ experimentIds: [id] }, (event: LiveEvent) => {
    if (event.type === 'run' && event.change === 'created' && event.run.experimentId === id)
      setNews((before) => new Set(before).add(event.run.id));
  });
  const experimentIds = useMemo(() => [id], [id]);
  const experiment = useExperiment(id);
  const runKeys = useRunKeys(experimentIds);
  const actions = useRunActions();
  const [visible, setVisible] = useState({ from: 0, to: 50 });
  const onVisible = useCallback((from: number, to: number) => setVisible((v) => (v.from === from && v.to === to ? v : { from, to })), []);
  const query = useMemo(
    () => ({ experimentIds, filter: state.filter, lifecycle: state.lifecycle, orderBy: state.sort ? [state.sort] : [] }),
    [experimentIds, state.filter, state.lifecycle, state.sort],
  );
  const pages = useRunPages(query, visible);
  const columnsAtFirst = useDefaultColumns(id, runKeys.data, pages);
  const columnIds = state.columns ?? columnsAtFirst;
  const joined = columnIds.join('~');
  const columns = useMemo(() => joined.split('~').flatMap((one) => columnOf(one, t) ?? []), [joined, t]);
  const preferred = columns.filter(({ kind }) => kind === 'metric').map(({ key }) => key);
  const firstRuns = useMemo(() => pages.loaded.slice(0, IN_STRIP), [pages.loaded]);

  const showNews = () => {
    setNews(new Set());
    void cache.invalidateQueries({ queryKey: ['runs'] });
    void cache.invalidateQueries({ queryKey: ['keys'] });
    page.current?.querySelector('.ck-grid')?.scrollTo({ top: 0 });
  };
  const onCompare = () => host.navigate({ view: 'compare', runIds: state.selected });
  const onDelete = () => void actions.delete(state.selected).then(() => onState({ selected: [] }));
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== '/' || isTyping(event.target)) return;
    event.preventDefault();
    page.current?.querySelector<HTMLInputElement>('.ck-filter-input')?.focus();
  };

  const isFilterWrong = issuesOf(pages.error).some(({ field }) => field.startsWith('filter'));
  const isFiltered = state.filter !== '' || state.lifecycle === 'deleted';
  if (experiment.error && !experiment.data) return <ErrorState error={experiment.error} onRetry={() => void experiment.refetch()} />;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the whole view
    <div ref={page} className="ck-page ck-table-page" onKeyDown={onKeyDown}>
      <OfflineBanner />
      <ExperimentHead id={id} experiment={experiment.data}>
        {news.size > 0 && (
          <button type="button" className="ck-chip ck-pill" onClick={showNews}>
            <Icon name="up" size={12} /> {t('{n} new', { n: news.size })}
          </button>
        )}
        <KeysHelp keys={keyHints(t)} scope={page} />
      </ExperimentHead>
      <div className="ck-bar">
        <FilterField value={state.filter} onChange={(filter) => onState({ filter })} keys={runKeys.data} error={pages.error} />
        <ColumnChooser
          shown={columnIds}
          keys={runKeys.data}
          isDefault={state.columns === null}
          onChange={(next) => onState({ columns: next })}
        />
        <button type="button" className="ck-btn ck-toggle" aria-pressed={state.charts} onClick={() => onState({ charts: !state.charts })}>
          <Icon name="chart" size={14} /> <span className="ck-wide">{t('Charts')}</span>
        </button>
        <button
          type="button"
          className="ck-btn ck-toggle"
          aria-pressed={state.lifecycle === 'deleted'}
          title={t('Show deleted runs, to restore them')}
          aria-label={t('Deleted')}
          onClick={() => onState({ lifecycle: state.lifecycle === 'deleted' ? 'active' : 'deleted', selected: [] })}
        >
          <Icon name="bin" size={14} /> <span className="ck-wide">{t('Deleted')}</span>
        </button>
      </div>
      {state.charts && (pages.isLoading || pages.loaded.length > 0) && (
        <div className="ck-strip-room">
          <ChartStrip selected={state.selected} first={firstRuns} preferred={preferred} />
        </div>
      )}
      {pages.error && !isFilterWrong && pages.total === null ? (
        <ErrorState error={pages.error} onRetry={pages.retry} />
      ) : pages.isLoading && !isFilterWrong ? (
        <Skeleton rows={14} />
      ) : pages.total === 0 || (isFilterWrong && pages.total === null) ? (
        isFiltered ? (
          <Empty
            icon="search"
            title={
              isFilterWrong
                ? t('This filter cannot be read.')
                : state.lifecycle === 'deleted'
                  ? t('No deleted runs.')
                  : t('No run matches.')
            }
            actions={
              <button type="button" className="ck-btn" onClick={() => onState({ filter: '', lifecycle: 'active' })}>
                {state.lifecycle === 'deleted' ? t('Back to the runs') : t('Clear the filter')}
              </button>
            }
          />
        ) : (
          <FirstRun experimentName={experiment.data?.name} />
        )
      ) : (
        <Grid
          pages={pages}
          columns={columns}
          state={state}
          onState={onState}
          onVisible={onVisible}
          onOpen={(run: Run) => host.navigate({ view: 'run', id: run.id })}
          onDelete={onDelete}
          onCompare={onCompare}
        />
      )}
      <SelectionBar
        selected={state.selected}
        actions={actions}
        onClear={() => onState({ selected: [] })}
        areDeleted={state.lifecycle === 'deleted'}
      >
        {pages.total !== null && pages.total > 0 && shownText(pages.total, visible, state, t)}
      </SelectionBar>
    </div>
  );
}

function shownText(total: number, visible: { from: number; to: number }, { sort }: TableState, t: ReturnType<typeof useTranslate>): string {
  const order = sort ? t('sorted by {key}', { key: sort.by.replace(/^attributes\./, '') }) : t('newest first');
  const n = groupThousands(total);
  return `${order} · ${t('{from}–{to} of {n}', { from: groupThousands(visible.from + 1), to: groupThousands(Math.min(total, visible.to + 1)), n })}`;
}

const keyHints = (t: ReturnType<typeof useTranslate>): KeyHint[] => [
  ['↑ ↓', t('go from run to run')],
  ['Enter', t('open the run')],
  ['Space', t('select the run; with Shift all up to it')],
  ['c', t('compare the selected runs')],
  ['Del', t('delete the selected runs')],
  ['Esc', t('select nothing')],
  ['/', t('go to the filter')],
  ['?', t('show these keys')],
];
