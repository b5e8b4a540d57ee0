/**
 * One metric of one or several runs. Points go from the store to the plot without React: a run that logs ten thousand points a second
 * costs one redraw of its visible plots every tenth of a second.
 */
import { type ReactElement, useEffect, useMemo, useRef, useState } from 'react';
import { type Translate, useTranslate } from '../host.ts';
import { useRunStyles, useShared } from '../live/shared.ts';
import { groupThousands, unitOf } from '../look/format.ts';
import { Icon } from '../look/icons.tsx';
import type { RunStyle } from '../look/runColour.ts';
import { useTheme } from '../look/useTheme.ts';
import { useVisible } from '../look/useVisible.ts';
import { type CurveRun, drawCurves, type Summary } from './drawCurves.ts';
import { type Curve, createPlot, type Plot } from './plot.ts';
import type { XAxis } from './shape.ts';
import { Tooltip, type TooltipAt } from './Tooltip.tsx';
import { useZoomed } from './useZoomed.ts';

export type { CurveRun };

export interface CurveLook {
  xAxis: XAxis;
  smoothing: number;
  log: boolean;
}

export const plainLook: CurveLook = { xAxis: 'step', smoothing: 0, log: false };

const REDRAW = 100; // ms between redraws while points stream in
const BUDGET = 60_000; // points asked for in all, divided among the runs of a panel
const NARROWEST = 80; // px

export function CurvePanel({
  metric,
  runs,
  look = plainLook,
  height = 150,
  syncKey = null,
  small = false,
  highlight = null,
  styles: given,
  zoom: shared,
  onZoom,
}: {
  metric: string;
  runs: readonly CurveRun[];
  look?: CurveLook;
  height?: number;
  syncKey?: string | null;
  small?: boolean;
  highlight?: string | null;
  /** Absent: the runs of this panel agree among themselves. Several panels of one comparison are given the same. */
  styles?: ReadonlyMap<string, RunStyle>;
  /** The part of x that is shown, where several panels share it; absent: the panel keeps its own. */
  zoom?: [number, number] | null;
  onZoom?: (zoom: [number, number] | null) => void;
}): ReactElement {
  const t = useTranslate();
  const { points } = useShared();
  const own = useRunStyles(useMemo(() => (given ? [] : runs.map(({ id }) => id)), [given, runs]));
  const styles = given ?? own;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const drawn = useRef<readonly Curve[]>([]);
  const [tooltip, setTooltip] = useState<TooltipAt | null>(null);
  const [summary, setSummary] = useState<Summary>({ state: 'loading', shown: 0, total: 0 });
  const [ownZoom, setOwnZoom] = useState<[number, number] | null>(null);
  const zoom = shared === undefined ? ownZoom : shared;
  const setZoom = onZoom ?? setOwnZoom;
  const isVisible = useVisible(box);
  const theme = useTheme();
  const maxPoints = Math.max(300, Math.min(2_000, Math.floor(BUDGET / Math.max(1, runs.length))));
  const finer = useZoomed(metric, runs, look.xAxis === 'step' && isVisible ? zoom : null, maxPoints);
  const { xAxis, log, smoothing } = look;
  const latest = useRef({ runs, styles, finer, smoothing, zoom, setZoom });
  latest.current = { runs, styles, finer, smoothing, zoom, setZoom };

  // biome-ignore lint/correctness/useExhaustiveDependencies: another axis has another unit: what was zoomed means nothing on it
  useEffect(() => setOwnZoom(null), [xAxis]);

  const draw = useRef<() => void>(() => undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a plot reads the theme's colours when it is made
  useEffect(() => {
    const element = box.current;
    if (!element || !isVisible) return;
    const width = () => Math.max(NARROWEST, element.clientWidth);
    const made = createPlot(
      element,
      { xAxis, log, syncKey, format: unitOf(metric), small },
      { onZoom: (range) => latest.current.setZoom(range), onCursor: (x, left, top) => setTooltip(x === null ? null : { x, left, top }) },
      { width: width(), height },
    );
    plot.current = made;
    draw.current = () => {
      const { zoom: range, setZoom: _, ...input } = latest.current;
      const found = drawCurves({ ...input, metric, points, xAxis, log, buckets: Math.max(200, width()) });
      drawn.current = found.curves;
      made.show(range);
      made.set(found.curves);
      setSummary((before) => (isSame(before, found) ? before : { state: found.state, shown: found.shown, total: found.total }));
    };
    draw.current();
    const resize = new ResizeObserver(() => made.resize(width(), height));
    resize.observe(element);
    return () => {
      resize.disconnect();
      made.destroy();
      plot.current = null;
      draw.current = () => undefined;
    };
  }, [metric, points, xAxis, log, height, syncKey, small, isVisible, theme]);

  useEffect(() => {
    if (!isVisible || runs.length === 0) return;
    let last = 0;
    let timer: ReturnType<typeof setTimeout> | null = null;
    const soon = () => {
      timer ??= setTimeout(
        () => {
          timer = null;
          last = performance.now();
          draw.current();
        },
        Math.max(0, REDRAW - (performance.now() - last)),
      );
    };
    const stop = points.read(
      runs.map(({ id }) => id),
      metric,
      maxPoints,
      soon,
    );
    return () => {
      stop();
      if (timer) clearTimeout(timer);
    };
  }, [runs, metric, points, maxPoints, isVisible]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each of them changes what is drawn
  useEffect(() => draw.current(), [runs, styles, finer, smoothing, zoom]);
  useEffect(() => plot.current?.focus(highlight), [highlight]);

  return (
    <figure
      className={small ? 'ck-curve ck-curve-small' : 'ck-curve'}
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
        <span className="ck-faint ck-curve-count">{countText(summary, small, t)}</span>
      </figcaption>
      <div ref={box} className="ck-plot" style={{ height }} data-state={summary.state}>
        {tooltip && <Tooltip at={tooltip} curves={drawn.current} format={unitOf(metric)} xAxis={xAxis} />}
      </div>
    </figure>
  );
}

const isSame = (a: Summary, b: Summary) => a.state === b.state && a.shown === b.shown && a.total === b.total;

/** A picture that leaves points out says so. */
function countText({ state, shown, total }: Summary, small: boolean, t: Translate): string {
  if (state === 'loading') return '';
  if (state === 'error') return t('could not be loaded');
  if (state === 'empty') return t('no points');
  if (shown < total) return t('{shown} of {total} points', { shown: groupThousands(shown), total: groupThousands(total) });
  return small ? '' : t(total === 1 ? '{n} point' : '{n} points', { n: groupThousands(total) });
}
