/** Lines over the time of day, on the plot that curves of runs have: axes, cursor shared by several, zoom by drag, releases as marks. */
import { type KeyboardEvent, type ReactElement, useEffect, useMemo, useRef, useState } from 'react';
import type { Curve, Extent } from '../../charts/curve.ts';
import { extentOf } from '../../charts/extent.ts';
import { nearestCurve } from '../../charts/nearestCurve.ts';
import { createPlot, type Plot } from '../../charts/plot.ts';
import { readingAt, Tooltip, type TooltipAt } from '../../charts/Tooltip.tsx';
import { useTranslate } from '../../host.ts';
import { useTheme } from '../../look/useTheme.ts';
import { useVisible } from '../../look/useVisible.ts';

export interface TimeLine {
  id: string;
  label: string;
  colour: string;
  dash?: number[];
  /** seconds since the epoch */
  x: number[];
  y: (number | null)[];
}

export interface TimeMark {
  id: string;
  /** seconds since the epoch */
  at: number;
  label: string;
  colour: string;
}

const NARROWEST = 80; // px
/** px that the name of a mark takes beside its line */
const NAME_WIDTH = 28;
const NAME_HEIGHT = 14; // px
/** So that a point at the top is not cut in half. */
const HEADROOM = 1.05;

export function TimePlot({
  title,
  lines,
  window,
  marks = [],
  format,
  empty = 1,
  height = 150,
  syncKey,
  onZoom,
}: {
  title: string;
  lines: readonly TimeLine[];
  /** What is shown, in seconds since the epoch, also where there is nothing. */
  window: [number, number];
  marks?: readonly TimeMark[];
  format: (value: number) => string;
  /** How far the axis reaches where there is nothing. */
  empty?: number;
  height?: number;
  syncKey: string;
  onZoom?: (window: [number, number] | null) => void;
}): ReactElement {
  const t = useTranslate();
  const theme = useTheme();
  const frame = useRef<HTMLElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const isVisible = useVisible(frame);
  const [tooltip, setTooltip] = useState<TooltipAt | null>(null);
  const [places, setPlaces] = useState<number[]>([]);
  const [read, setRead] = useState('');
  const curves = useMemo<Curve[]>(
    () => lines.map(({ id, label, colour, dash, x, y }) => ({ runId: id, label, colour, dash, line: { x, y }, raw: null, isFaded: false })),
    [lines],
  );
  const extent = useMemo(() => extentFromZero(curves, window, empty), [curves, window, empty]);
  const latest = useRef({ curves, extent, onZoom, marks });
  latest.current = { curves, extent, onZoom, marks };

  // biome-ignore lint/correctness/useExhaustiveDependencies: a plot reads the theme's colours when it is made
  useEffect(() => {
    const element = box.current;
    if (!element || !isVisible) return;
    const width = () => Math.max(NARROWEST, element.clientWidth);
    const made = createPlot(
      element,
      { xAxis: 'time', log: false, logX: false, syncKey, format, small: false },
      {
        onZoom: (range) => latest.current.onZoom?.(range),
        onCursor: (x, left, top, isHere) => {
          const own = x !== null && isHere ? nearestCurve(latest.current.curves, x, top, made.yOf) : null;
          made.focus(own);
          setTooltip(x === null ? null : { x, left, top, runId: own });
        },
      },
      { width: width(), height },
    );
    plot.current = made;
    const draw = () => {
      made.set(latest.current.curves, latest.current.extent);
      placeMarks();
    };
    draw();
    const resize = new ResizeObserver(() => {
      made.resize(width(), height);
      placeMarks();
    });
    resize.observe(element);
    return () => {
      resize.disconnect();
      made.destroy();
      plot.current = null;
      setTooltip(null);
    };
  }, [height, syncKey, isVisible, theme]);

  const placeMarks = () => {
    const made = plot.current;
    if (!made) return;
    const { left } = made.picture().plot;
    setPlaces(latest.current.marks.map(({ at }) => left + made.xOf(at)));
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn again when what is drawn is different
  useEffect(() => {
    plot.current?.set(curves, extent);
    placeMarks();
  }, [curves, extent, marks]);

  const onKeyDown = (event: KeyboardEvent) => {
    const made = plot.current;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === 'Escape') onZoom?.(null);
    else if (made && by) {
      const at = made.moveCursor(by * (event.shiftKey ? 0.1 : 0.02));
      const reading = at === null ? null : readingAt(curves, { x: at, left: 0, top: 0, runId: null }, 'time');
      setRead(reading ? [reading.where, ...reading.rows.map(({ label, value }) => `${label} ${format(value)}`)].join(', ') : '');
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const rows = rowsOfNames(places);
  const isEmpty = curves.every(({ line }) => line.y.every((value) => value === null));
  return (
    <figure ref={frame} className="ck-curve ck-time-plot" aria-label={title}>
      <figcaption>
        <span className="ck-curve-title">{title}</span>
        <span className="ck-grow" />
        {lines.length > 1 && (
          <span className="ck-time-legend">
            {lines.map(({ id, label, colour }) => (
              <span key={id}>
                <i style={{ background: colour }} /> {label}
              </span>
            ))}
          </span>
        )}
        {isEmpty && <span className="ck-faint">{t('no requests in this time')}</span>}
      </figcaption>
      <div
        ref={box}
        className="ck-plot"
        style={{ height }}
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: as above
        tabIndex={0}
        aria-label={t('{title} over time. Left and right read values, Escape shows all.', { title })}
        onKeyDown={onKeyDown}
      >
        {marks.map(({ id, at, label, colour }, i) => {
          const left = places[i];
          return left === undefined || at < window[0] || at > window[1] ? null : (
            <span
              key={id}
              className="ck-time-mark"
              data-late={at > window[1] - (window[1] - window[0]) / 6 ? '' : undefined}
              style={{ left, borderColor: colour }}
              title={label}
            >
              <b className="ck-time-mark-name" style={{ color: colour, top: (rows[i] ?? 0) * NAME_HEIGHT }}>
                {label}
              </b>
            </span>
          );
        })}
        {tooltip && <Tooltip at={tooltip} curves={curves} format={format} xAxis="time" height={height} />}
      </div>
      <span className="ck-spoken" role="status">
        {read}
      </span>
    </figure>
  );
}

/** Names of marks that stand close to each other stand below each other; of more than four the first places are taken again. */
function rowsOfNames(places: readonly number[]): number[] {
  const rows: number[] = [];
  for (const [i, left] of places.entries()) {
    const taken = new Set(rows.filter((_, other) => Math.abs((places[other] as number) - left) < 2 * NAME_WIDTH));
    rows[i] = [0, 1, 2, 3].find((row) => !taken.has(row)) ?? i % 4;
  }
  return rows;
}

/** Rates, latencies and shares are read against nothing: their axis begins at 0. */
function extentFromZero(curves: readonly Curve[], window: [number, number], empty: number): Extent {
  const { extent } = extentOf(curves, { log: false, clip: 0, window, lockedY: null });
  return { x: window, y: extent.y ? [0, extent.y[1] > 0 ? extent.y[1] * HEADROOM : empty] : [0, empty] };
}
