/** Several runs side by side: what was different in them, what came of it, their curves in one picture. */
import { type ReactElement, useMemo, useRef, useState } from 'react';
import { AddToReport } from '../collaboration/AddToReport.tsx';
import { blocksOfRuns } from '../collaboration/writeBlocks.ts';
import { useHost, useTranslate } from '../host.ts';
import { useRunStyles, useWatch } from '../live/shared.ts';
import { useSettled } from '../live/useSettled.ts';
import { Icon } from '../look/icons.tsx';
import { type KeyHint, KeysHelp } from '../look/Keys.tsx';
import { Empty, ErrorState, OfflineBanner, Skeleton } from '../look/states.tsx';
import { Chips } from './compare/Chips.tsx';
import { CompareArtifacts } from './compare/CompareArtifacts.tsx';
import { CompareCurves } from './compare/CompareCurves.tsx';
import { CompareNotebook } from './compare/CompareNotebook.tsx';
import { comparable, MANY, MOST_RUNS } from './compare/comparedIds.ts';
import { MetricTable } from './compare/MetricTable.tsx';
import { ParamTable } from './compare/ParamTable.tsx';
import { Relations } from './compare/Relations.tsx';
import { RunPicker, RunPickerList } from './compare/RunPicker.tsx';
import { type UrlState, useUrlState } from './compare/urlState.ts';
import { useComparedRuns, watchedRuns } from './compare/useComparedRuns.ts';
import { useHighlightMarks } from './compare/useHighlightMarks.ts';

export function ComparePage({
  runIds: said,
  onRuns,
  search,
  onSearch,
}: {
  runIds: string[];
  /** Told of the runs that are compared, in their order; absent: the page keeps them itself. */
  onRuns?: (runIds: string[]) => void;
  /** What of them is shown and how, as it stands in the address. */
  search?: string;
  /** Absent: the page keeps it itself. */
  onSearch?: (search: string) => void;
}): ReactElement {
  const t = useTranslate();
  const page = useRef<HTMLDivElement>(null);
  const joined = said.join(',');
  const [own, setOwn] = useState({ said: joined, runIds: said });
  // Other runs were asked for from outside: what was removed here before belongs to the ones before.
  if (own.said !== joined) setOwn({ said: joined, runIds: said });
  const wanted = onRuns ? said : own.runIds;
  const runIds = useMemo(() => comparable(wanted), [wanted]);
  const setRuns = (next: string[]) => (onRuns ? onRuns(next) : setOwn({ said: joined, runIds: next }));
  const add = (ids: string[]) => setRuns([...runIds, ...ids]);

  const state = useUrlState(search, onSearch);
  const { runs, isLoading, missing, error, refetch } = useComparedRuns(runIds);
  const [hidden, setHidden] = useHidden(runIds, state);
  const [highlight, setHighlight] = useState<string | null>(null);
  const [selected, setSelected] = useState<ReadonlySet<string> | null>(null);
  const shown = useMemo(() => runs.filter(({ id }) => !hidden.has(id)), [runs, hidden]);
  const faded = useMemo(
    () => (selected ? new Set(shown.filter(({ id }) => !selected.has(id)).map(({ id }) => id)) : null),
    [selected, shown],
  );
  useHighlightMarks(page, highlight);
  const styles = useRunStyles(runIds);
  const watched = useMemo(() => watchedRuns(runIds), [runIds]);
  useWatch(runs.length > 0 ? watched : null);
  const onHide = (id: string, only: boolean) => {
    if (only) return setHidden(new Set(hidden.size === runIds.length - 1 && !hidden.has(id) ? [] : runIds.filter((one) => one !== id)));
    const next = new Set(hidden);
    if (!next.delete(id)) next.add(id);
    setHidden(next);
  };
  const isSettled = useSettled(runIds.length <= MANY, runs.length > 0);
  const front = faded ? shown.filter(({ id }) => !faded.has(id)) : shown;

  if (runIds.length === 0) return <ChooseRuns onChoose={add} />;
  const isEmpty = runs.length === 0 && isLoading;
  if (runs.length === 0 && error) return <ErrorState error={error} onRetry={refetch} />;
  return (
    <div ref={page} className="ck-page ck-compare-page">
      <OfflineBanner />
      <header className="ck-compare-head">
        <h1>{t('Compare')}</h1>
        <span className="ck-dim">
          {t(runIds.length === 1 ? '{n} run' : '{n} runs', { n: runIds.length })}
          {hidden.size > 0 && ` · ${t('{n} hidden', { n: runs.length - shown.length })}`}
          {wanted.length > MOST_RUNS && ` · ${t('the first {n} of {total}', { n: MOST_RUNS, total: wanted.length })}`}
        </span>
        <span className="ck-grow" />
        {hidden.size > 0 && (
          <button type="button" className="ck-btn ck-quiet" onClick={() => setHidden(new Set())}>
            <Icon name="eye" size={14} /> {t('Show all')}
          </button>
        )}
        <AddButton runIds={runIds} experimentIds={[...new Set(runs.map(({ experimentId }) => experimentId))]} onChoose={add} />
        <AddToReport blocks={() => blocksOfRuns(runs)} title={t('Comparison')} disabled={runs.length === 0} />
        <KeysHelp keys={keyHints(t)} scope={page} />
      </header>
      {isEmpty ? (
        <div className="ck-compare-chips" data-empty={runIds.length > MANY ? 'many' : 'few'} />
      ) : (
        <Chips
          runIds={runIds}
          runs={runs}
          styles={styles}
          hidden={hidden}
          missing={missing}
          faded={faded}
          highlight={highlight}
          onHide={onHide}
          onOrder={setRuns}
          onRemove={(id) => setRuns(runIds.filter((one) => one !== id))}
          onHighlight={setHighlight}
          areAllDrawn={isSettled}
        />
      )}
      {missing.length > 0 && (
        <p className="ck-run-note ck-warned" role="status">
          <Icon name="warn" size={14} />
          <span className="ck-grow">
            {t(missing.length === 1 ? '{n} run is not in this workspace.' : '{n} runs are not in this workspace.', { n: missing.length })}
          </span>
          <button type="button" className="ck-btn ck-small" onClick={() => setRuns(runIds.filter((id) => !missing.includes(id)))}>
            {t(missing.length === 1 ? 'Take it out' : 'Take them out')}
          </button>
        </p>
      )}
      {faded && (
        <p className="ck-run-note ck-compare-chosen" role="status">
          <span className="ck-grow">{t('{n} of {total} runs are chosen on a chart', { n: front.length, total: shown.length })}</span>
          <button type="button" className="ck-btn ck-small" onClick={() => setHidden(new Set([...hidden, ...faded]))}>
            {t('Hide the others')}
          </button>
          <button type="button" className="ck-btn ck-small" onClick={() => setRuns(runIds.filter((id) => !faded.has(id)))}>
            {t('Take the others out')}
          </button>
          <button
            type="button"
            className="ck-btn ck-quiet ck-small"
            onClick={() => {
              setSelected(null);
              state.set({ brush: null });
            }}
          >
            {t('Choose none')}
          </button>
        </p>
      )}
      {isEmpty && <Skeleton rows={12} />}
      {runs.length > 0 && (
        <div className="ck-compare-body">
          {runs.length === 1 && runIds.length === 1 && (
            <p className="ck-run-note" role="status">
              <Icon name="compare" size={14} /> {t('Only one run: add others to see what is different.')}
            </p>
          )}
          {shown.length === 0 ? (
            <Empty icon="eyeOff" title={t('All runs are hidden')} />
          ) : (
            <>
              <ParamTable runs={shown} styles={styles} />
              <MetricTable runs={shown} styles={styles} />
              <CompareCurves runs={shown} styles={styles} state={state} highlight={highlight} onHover={setHighlight} faded={faded} />
              {shown.length > 1 && isSettled && (
                <Relations
                  runs={shown}
                  styles={styles}
                  state={state}
                  selected={selected}
                  onSelect={setSelected}
                  highlight={highlight}
                  onHover={setHighlight}
                />
              )}
              {isSettled && <CompareArtifacts runs={front} styles={styles} state={state} />}
              {isSettled && <CompareNotebook runs={front} state={state} />}
            </>
          )}
        </div>
      )}
    </div>
  );
}

/** Hidden runs by the first letters of their ids, so that an address of 200 runs stays one. */
function useHidden(runIds: readonly string[], state: UrlState): [ReadonlySet<string>, (hidden: ReadonlySet<string>) => void] {
  const said = state.get('hide') ?? '';
  const hidden = useMemo(() => {
    const parts = said.split('.').filter((part) => part.length >= SHORT);
    return new Set(runIds.filter((id) => parts.some((part) => id.startsWith(part))));
  }, [runIds, said]);
  const hide = (next: ReadonlySet<string>) =>
    state.set({ hide: next.size > 0 ? [...next].map((id) => id.slice(0, SHORT)).join('.') : null });
  return [hidden, hide];
}

/** Letters of a run's id that tell it apart from 199 others. */
const SHORT = 12;

function AddButton({
  runIds,
  experimentIds,
  onChoose,
}: {
  runIds: string[];
  experimentIds: string[];
  onChoose: (ids: string[]) => void;
}): ReactElement {
  const t = useTranslate();
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  return (
    <>
      <button ref={button} type="button" className="ck-btn" aria-haspopup="dialog" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <Icon name="plus" size={14} /> {t('Add runs')}
      </button>
      {isOpen && (
        <RunPicker
          anchor={button}
          experimentIds={experimentIds.length > 0 ? experimentIds : undefined}
          chosen={runIds}
          action={t('Add')}
          onClose={() => setOpen(false)}
          onChoose={onChoose}
        />
      )}
    </>
  );
}

/** Nothing to compare yet: the runs to choose from are here, not somewhere else. */
function ChooseRuns({ onChoose }: { onChoose: (ids: string[]) => void }): ReactElement {
  const t = useTranslate();
  const host = useHost();
  return (
    <div className="ck-page ck-compare-page">
      <OfflineBanner />
      <Empty icon="compare" title={t('Which runs?')}>
        <p>{t('Choose two or more here, or select them in the table of an experiment and press c.')}</p>
        <div className="ck-card ck-compare-choose">
          <RunPickerList chosen={[]} action={t('Compare')} onChoose={onChoose} />
        </div>
        <p>
          <button type="button" className="ck-link" onClick={() => host.navigate({ view: 'experiments' })}>
            {t('All experiments')}
          </button>
        </p>
      </Empty>
    </div>
  );
}

const keyHints = (t: ReturnType<typeof useTranslate>): KeyHint[] => [
  ['← →', t('go from run to run, on the chips')],
  ['Alt+← Alt+→', t('move the run')],
  ['Space', t('hide or show the run; with Shift only it')],
  ['Enter', t('open the run')],
  ['Del', t('take the run out')],
  ['?', t('show these keys')],
];
