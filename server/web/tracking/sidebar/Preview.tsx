import type { Run } from '@cellkeep/schema/tracking';
import { type KeyboardEvent, type PointerEvent, type ReactElement, useMemo, useRef, useState } from 'react';
import { useMayWrite } from '../../access/queries.ts';
import { CurvePanel } from '../../charts/CurvePanel.tsx';
import { useHost, useTranslate, useViewSettings } from '../../host.ts';
import { useWatch } from '../../live/shared.ts';
import { Icon } from '../../look/icons.tsx';
import { MenuButton } from '../../look/Menu.tsx';
import { paramRows } from '../compare/differences.ts';
import { mainMetric, ownMetrics } from '../mainMetric.ts';
import type { RunActions } from '../runActions.ts';

const CURVES = 2; // as many as can be read in a third of a sidebar
const MOST_RUNS = 12;
const HEIGHT = { least: 60, most: 420, first: 96, step: 16 }; // px of one curve

/** The selected runs at a glance: curves that grow, what was set differently, what can be done with them. */
export function Preview({
  runs,
  isChosen,
  actions,
  onClear,
}: {
  runs: readonly Run[];
  /** False: nothing is selected, and the newest run stands here. */
  isChosen: boolean;
  actions: RunActions;
  onClear: () => void;
}): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const mayWrite = useMayWrite();
  const { pinnedMetric } = useViewSettings();
  const [height, setHeight] = useState(HEIGHT.first);
  const [chosen, setChosen] = useState<string | null>(null);
  const ids = runs.slice(0, MOST_RUNS).map(({ id }) => id);
  useWatch({ runIds: [...ids].sort(), points: true });
  const identity = runs.map(({ id, name }) => `${id}${name}`).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new summary of the same run draws nothing new here
  const drawn = useMemo(() => runs.slice(0, MOST_RUNS).map(({ id, name, startedAt }) => ({ id, name, startedAt })), [identity]);
  const metrics = metricsOf(runs, pinnedMetric);
  const shown = chosen && metrics.includes(chosen) ? [chosen] : metrics.slice(0, CURVES);
  const [first] = runs;
  const path = first?.source.notebookPath;

  return (
    <section className="ck-preview" aria-label={t('Preview')}>
      <Handle height={height} onHeight={setHeight} />
      <header>
        {isChosen ? (
          <>
            <b>{t('{n} selected', { n: runs.length })}</b>
            <button
              type="button"
              className="ck-icon-btn"
              aria-label={t('Select nothing')}
              title={t('Select nothing (Esc)')}
              onClick={onClear}
            >
              <Icon name="close" size={12} />
            </button>
          </>
        ) : (
          <b title={first?.name}>{first?.name}</b>
        )}
        <span className="ck-grow" />
        {metrics.length > CURVES && (
          <MenuButton
            label={t('Which curves')}
            className="ck-btn ck-quiet ck-small"
            align="end"
            items={() => [
              { label: t('The first two'), checked: chosen === null, onSelect: () => setChosen(null) },
              null,
              ...metrics.map((metric) => ({ label: metric, checked: metric === chosen, onSelect: () => setChosen(metric) })),
            ]}
          >
            {t('{n} metrics', { n: metrics.length })} <Icon name="down" size={12} />
          </MenuButton>
        )}
      </header>
      {shown.length === 0 && <p className="ck-faint ck-preview-none">{t('No metric was logged yet.')}</p>}
      {shown.map((metric) => (
        <CurvePanel key={metric} metric={metric} runs={drawn} height={shown.length === 1 ? height * 1.5 : height} small syncKey="sidebar" />
      ))}
      <Params runs={runs} />
      <div className="ck-preview-actions">
        {runs.length > 1 ? (
          <button
            type="button"
            className="ck-btn ck-primary"
            onClick={() => host.navigate({ view: 'compare', runIds: runs.map(({ id }) => id) })}
          >
            <Icon name="compare" size={14} /> {t('Compare')}
          </button>
        ) : (
          first && (
            <button type="button" className="ck-btn ck-primary" onClick={() => host.navigate({ view: 'run', id: first.id })}>
              <Icon name="chart" size={14} /> {t('Open')}
            </button>
          )
        )}
        {runs.length === 1 && first?.status === 'running' && mayWrite && (
          <button type="button" className="ck-btn" onClick={() => void actions.stop(first)}>
            <Icon name="stop" size={14} /> {t('Stop')}
          </button>
        )}
        {runs.length === 1 && path && host.openNotebook && (
          <button type="button" className="ck-btn" title={path} onClick={() => host.openNotebook?.(path, first?.source.cellId)}>
            <Icon name="notebook" size={14} /> {t('Notebook')}
          </button>
        )}
        {isChosen && mayWrite && (
          <button
            type="button"
            className="ck-btn"
            aria-label={t('Delete')}
            title={t('Delete (can be taken back)')}
            onClick={() => void actions.delete(ids)}
          >
            <Icon name="bin" size={14} />
          </button>
        )}
      </div>
    </section>
  );
}

/** The pinned or main metric first, then what else these runs have. */
function metricsOf(runs: readonly Run[], pinned: string): string[] {
  const main = runs.flatMap((run) => mainMetric(run, pinned) ?? []);
  return [...new Set([...main, ...runs.flatMap(ownMetrics)])];
}

/** Of several runs what differs; of one what was set. */
function Params({ runs }: { runs: readonly Run[] }): ReactElement | null {
  const t = useTranslate();
  const rows = paramRows(runs);
  const shown = runs.length > 1 ? rows.filter(({ differs }) => differs) : rows;
  if (rows.length === 0) return null;
  return (
    <dl className="ck-preview-params">
      {shown.length === 0 ? (
        <dt className="ck-faint">{t('All params agree.')}</dt>
      ) : (
        shown.map(({ key, values }) => (
          <div key={key}>
            <dt title={key}>{key}</dt>
            <dd title={values.map((value) => value ?? '–').join(' | ')}>{values.map((value) => value ?? '–').join(' | ')}</dd>
          </div>
        ))
      )}
    </dl>
  );
}

/** The upper edge of the preview: dragged, or moved with the arrows, it makes the curves higher. */
function Handle({ height, onHeight }: { height: number; onHeight: (height: number) => void }): ReactElement {
  const t = useTranslate();
  const start = useRef<{ y: number; height: number } | null>(null);
  const set = (wanted: number) => onHeight(Math.max(HEIGHT.least, Math.min(HEIGHT.most, Math.round(wanted))));
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowUp' ? HEIGHT.step : event.key === 'ArrowDown' ? -HEIGHT.step : 0;
    if (by === 0) return;
    event.preventDefault();
    event.stopPropagation();
    set(height + by);
  };
  const onPointerDown = (event: PointerEvent<HTMLHRElement>) => {
    event.preventDefault();
    event.currentTarget.setPointerCapture(event.pointerId);
    start.current = { y: event.clientY, height };
  };
  return (
    <hr
      className="ck-preview-handle"
      aria-label={t('Height of the curves')}
      aria-orientation="horizontal"
      aria-valuenow={height}
      aria-valuemin={HEIGHT.least}
      aria-valuemax={HEIGHT.most}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onPointerDown={onPointerDown}
      onPointerMove={(event) => {
        if (start.current) set(start.current.height + (start.current.y - event.clientY) / CURVES);
      }}
      onPointerUp={() => {
        start.current = null;
      }}
    />
  );
}
