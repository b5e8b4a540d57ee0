/**
 * A plot and the points that it draws. Points go from the store to the plot without React: a run that logs ten thousand points a second
 * costs one redraw of its visible plots every tenth of a second.
 */
import { type MutableRefObject, type RefObject, useEffect, useRef, useState } from 'react';
import { useShared } from '../live/shared.ts';
import { unitOf } from '../look/format.ts';
import { useTheme } from '../look/useTheme.ts';
import type { Curve, Extent } from './curve.ts';
import { type DrawInput, drawCurves, type Summary } from './drawCurves.ts';
import { nearestCurve } from './nearestCurve.ts';
import { createPlot, type Plot } from './plot.ts';
import type { TooltipAt } from './Tooltip.tsx';

const REDRAW = 100; // ms between redraws while points stream in, at least
/** A redraw that takes long is followed by a longer pause: drawing takes at most an eighth of the time, the rest is the person's. */
const SHARE = 8;
const NARROWEST = 80; // px

export interface CurvePlotInput extends Omit<DrawInput, 'points' | 'buckets' | 'window' | 'metric'> {
  metric: string;
  zoom: [number, number] | null;
  maxPoints: number;
  height: number;
  syncKey: string | null;
  small: boolean;
  highlight: string | null;
  isVisible: boolean;
  onZoom: (zoom: [number, number] | null) => void;
  onHover: ((runId: string | null) => void) | undefined;
}

export interface CurvePlot {
  plot: RefObject<Plot | null>;
  curves: MutableRefObject<readonly Curve[]>;
  extent: MutableRefObject<Extent>;
  tooltip: TooltipAt | null;
  summary: Summary;
}

const NOTHING: Summary = { state: 'loading', shown: 0, total: 0, outside: 0, waiting: 0, failed: 0 };

export function useCurvePlot(box: RefObject<HTMLDivElement | null>, input: CurvePlotInput): CurvePlot {
  const { points } = useShared();
  const theme = useTheme();
  const plot = useRef<Plot | null>(null);
  const curves = useRef<readonly Curve[]>([]);
  const extent = useRef<Extent>({ x: null, y: null });
  const [tooltip, setTooltip] = useState<TooltipAt | null>(null);
  const [summary, setSummary] = useState<Summary>(NOTHING);
  const hovered = useRef<string | null>(null);
  const latest = useRef(input);
  latest.current = input;
  const { metric, runs, xAxis, log, logX, height, syncKey, small, isVisible, maxPoints, zoom, highlight } = input;

  const draw = useRef<() => void>(() => undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a plot reads the theme's colours when it is made
  useEffect(() => {
    const element = box.current;
    if (!element || !isVisible) return;
    const width = () => Math.max(NARROWEST, element.clientWidth);
    const made = createPlot(
      element,
      { xAxis, log, logX, syncKey, format: unitOf(metric), small },
      {
        onZoom: (range) => latest.current.onZoom(range),
        onCursor: (x, left, top, isHere) => {
          const own = x !== null && isHere ? nearestCurve(curves.current, x, top, made.yOf) : null;
          if (own !== hovered.current) {
            hovered.current = own;
            latest.current.onHover?.(own);
            made.focus(own ?? latest.current.highlight);
          }
          setTooltip(x === null ? null : { x, left, top, runId: own });
        },
      },
      { width: width(), height },
    );
    plot.current = made;
    made.focus(latest.current.highlight);
    draw.current = () => {
      const now = latest.current;
      const found = drawCurves({ ...now, points, window: now.zoom, buckets: Math.max(200, width()) });
      curves.current = found.curves;
      extent.current = found.extent;
      made.set(found.curves, found.extent);
      const { curves: _, extent: __, ...next } = found;
      setSummary((before) => (isSame(before, next) ? before : next));
    };
    draw.current();
    const resize = new ResizeObserver(() => made.resize(width(), height));
    resize.observe(element);
    return () => {
      resize.disconnect();
      made.destroy();
      plot.current = null;
      draw.current = () => undefined;
      setTooltip(null);
    };
  }, [metric, points, xAxis, log, logX, height, syncKey, small, isVisible, theme]);

  useEffect(() => {
    if (!isVisible || runs.length === 0) return;
    let last = 0;
    let cost = 0;
    let timer: ReturnType<typeof setTimeout> | null = null;
    const soon = () => {
      timer ??= setTimeout(
        () => {
          timer = null;
          last = performance.now();
          draw.current();
          cost = performance.now() - last;
        },
        Math.max(0, Math.max(REDRAW, cost * SHARE) - (performance.now() - last)),
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

  const { styles, finer, smoothing, clip, lockedY, faded } = input;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each of them changes what is drawn
  useEffect(() => draw.current(), [runs, styles, finer, smoothing, zoom, clip, lockedY, faded]);
  useEffect(() => plot.current?.focus(hovered.current ?? highlight), [highlight]);
  return { plot, curves, extent, tooltip, summary };
}

const isSame = (a: Summary, b: Summary) => (Object.keys(a) as (keyof Summary)[]).every((key) => a[key] === b[key]);
