/** One metric of one or several runs: the curves, what they are worth at the cursor, and what can be done with them. */
import { type KeyboardEvent, type ReactElement, useEffect, useMemo, useRef, useState } from 'react';
import { type Translate, useTranslate } from '../host.ts';
import { useRunStyles, useShared } from '../live/shared.ts';
import { groupThousands, unitOf } from '../look/format.ts';
import { Icon } from '../look/icons.tsx';
import type { RunStyle } from '../look/runColour.ts';
import { useVisible } from '../look/useVisible.ts';
import { CurveTable } from './CurveTable.tsx';
import { type CurveLook, plainLook } from './curveLook.ts';
import type { CurveRun, Summary } from './drawCurves.ts';
import { PanelMenu } from './PanelMenu.tsx';
import { pointsEach } from './pointsEach.ts';
import { readingAt, Tooltip } from './Tooltip.tsx';
import { useCurvePlot } from './useCurvePlot.ts';
import { FULL_ROOM, useFullScreen } from './useFullScreen.ts';
import { useZoomed } from './useZoomed.ts';

export { type CurveLook, plainLook } from './curveLook.ts';
export type { CurveRun };

export interface CurvePanelProps {
  metric: string;
  runs: readonly CurveRun[];
  look?: CurveLook;
  height?: number;
  syncKey?: string | null;
  small?: boolean;
  highlight?: string | null;
  /** Told of the run under the pointer. */
  onHover?: (runId: string | null) => void;
  /** Runs that stay in the background. */
  faded?: ReadonlySet<string> | null;
  /** Absent: the runs of this panel agree among themselves. Several panels of one comparison are given the same. */
  styles?: ReadonlyMap<string, RunStyle>;
  /** The part of x that is shown, where several panels share it; absent: the panel keeps its own. */
  zoom?: [number, number] | null;
  onZoom?: (zoom: [number, number] | null) => void;
  /** A menu with exports, table, full screen. */
  hasMenu?: boolean;
}

export function CurvePanel(props: CurvePanelProps): ReactElement {
  const { metric, runs, look = plainLook, height = 150, syncKey = null, small = false, highlight = null, hasMenu = false } = props;
  const t = useTranslate();
  const { points } = useShared();
  const own = useRunStyles(useMemo(() => (props.styles ? [] : runs.map(({ id }) => id)), [props.styles, runs]));
  const styles = props.styles ?? own;
  const frame = useRef<HTMLElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const [ownZoom, setOwnZoom] = useState<[number, number] | null>(null);
  const [lockedY, setLockedY] = useState<[number, number] | null>(null);
  const [isTable, setTable] = useState(false);
  const [read, setRead] = useState(''); // what the keyboard's cursor stands on, for screen readers
  const [isFull, toggleFull] = useFullScreen(frame);
  const zoom = props.zoom === undefined ? ownZoom : props.zoom;
  const setZoom = props.onZoom ?? setOwnZoom;
  const isVisible = useVisible(frame) && !isTable;
  const maxPoints = pointsEach(runs.length);
  const { xAxis, log, smoothing, clip } = look;
  const logX = look.logX && xAxis !== 'time';
  const finer = useZoomed(metric, runs, isVisible ? zoom : null, xAxis, maxPoints);
  const plotHeight = isFull ? Math.max(200, innerHeight - FULL_ROOM) : height;
  const { plot, curves, extent, tooltip, summary } = useCurvePlot(box, {
    ...{ metric, runs, styles, finer, xAxis, log, logX, smoothing, clip, zoom, lockedY, maxPoints, syncKey, small, highlight, isVisible },
    faded: props.faded ?? null,
    height: plotHeight,
    onZoom: setZoom,
    onHover: props.onHover,
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: another axis has another unit: what was zoomed or held means nothing on it
  useEffect(() => setOwnZoom(null), [xAxis]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => setLockedY(null), [log]);

  const onKeyDown = (event: KeyboardEvent) => {
    const made = plot.current;
    if (!made || event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const { x: range } = extent.current;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const narrower = { '+': 0.5, '=': 0.5, '-': 2 }[event.key];
    if (by) {
      const at = made.moveCursor(by * (event.shiftKey ? 0.1 : 0.02));
      const reading = at === null ? null : readingAt(curves.current, { x: at, left: 0, top: 0, runId: highlight }, xAxis);
      setRead(
        reading
          ? [reading.where, ...reading.rows.slice(0, 5).map(({ label, value }) => `${label} ${unitOf(metric)(value)}`)].join(', ')
          : '',
      );
    } else if (narrower && range) {
      const middle = tooltip?.x ?? (range[0] + range[1]) / 2;
      const half = ((range[1] - range[0]) * narrower) / 2;
      setZoom(narrower > 1 && !zoom ? null : [middle - half, middle + half]);
    } else if (event.key === 'Escape' && (zoom || lockedY)) {
      setZoom(null);
      setLockedY(null);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <figure
      ref={frame}
      className={small ? 'ck-curve ck-curve-small' : 'ck-curve'}
      data-full={isFull ? '' : undefined}
      aria-label={t('{metric} by {axis}, {n} runs', { metric, axis: t(xAxis), n: runs.length })}
    >
      <figcaption>
        <span className="ck-curve-title" title={metric}>
          {metric}
        </span>
        {zoom && (
          <button type="button" className="ck-chip ck-chip-btn" onClick={() => setZoom(null)} title={t('Show all (double click)')}>
            <Icon name="zoomOut" size={12} /> {t('zoomed')}
          </button>
        )}
        {lockedY && (
          <button
            type="button"
            className="ck-chip ck-chip-btn"
            onClick={() => setLockedY(null)}
            title={t('Let the y axis follow the curves')}
          >
            {t('y held')}
          </button>
        )}
        <span className="ck-faint ck-curve-count" title={outsideText(summary, t)}>
          {countText(summary, small, t)}
        </span>
        {hasMenu && (
          <PanelMenu
            metric={metric}
            isTable={isTable}
            onTable={() => setTable(!isTable)}
            isHeld={lockedY !== null}
            onHold={() => setLockedY(lockedY ? null : extent.current.y)}
            isFull={isFull}
            onFull={toggleFull}
            source={{ metric, runs, points, finer }}
            plot={plot}
            element={frame}
          />
        )}
      </figcaption>
      {isTable ? (
        <CurveTable metric={metric} runs={runs} points={points} maxPoints={maxPoints} height={plotHeight} />
      ) : (
        // biome-ignore lint/a11y/noStaticElementInteractions: a chart is read with the arrows; its label says so
        <div
          ref={box}
          className="ck-plot"
          style={{ height: plotHeight }}
          data-state={summary.state}
          data-shown={summary.shown}
          {...(small
            ? {}
            : {
                role: 'application',
                tabIndex: 0,
                'aria-label': t('Curves of {metric}. Left and right read values, plus and minus zoom, Escape shows all.', { metric }),
              })}
          onKeyDown={onKeyDown}
        >
          {tooltip && (
            <Tooltip
              at={{ ...tooltip, runId: tooltip.runId ?? highlight }}
              curves={curves.current}
              format={unitOf(metric)}
              xAxis={xAxis}
              height={plotHeight}
            />
          )}
        </div>
      )}
      <span className="ck-spoken" role="status">
        {read}
      </span>
    </figure>
  );
}

/** A picture that leaves something out says so. */
function countText({ state, shown, total, outside, waiting, failed }: Summary, small: boolean, t: Translate): string {
  if (state === 'loading') return '';
  if (state === 'error') return t('could not be loaded');
  if (state === 'empty') return t('no points');
  const missing = [
    waiting > 0 && t('{n} runs on their way', { n: waiting }),
    failed > 0 && t('{n} runs could not be loaded', { n: failed }),
    outside > 0 && t('{n} outside', { n: groupThousands(outside) }),
  ].filter(Boolean);
  const points =
    shown < total
      ? t('{shown} of {total} points', { shown: groupThousands(shown), total: groupThousands(total) })
      : small
        ? ''
        : t(total === 1 ? '{n} point' : '{n} points', { n: groupThousands(total) });
  return [...missing, points].filter(Boolean).join(' · ');
}

const outsideText = ({ outside }: Summary, t: Translate) =>
  outside > 0 ? t('{n} drawn values lie above or below what the y axis shows.', { n: groupThousands(outside) }) : undefined;
