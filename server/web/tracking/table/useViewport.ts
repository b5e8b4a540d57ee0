/**
 * Which rows and columns of a large grid are drawn. Scrolling renders only when the drawn part runs out: in steps of several rows, so that
 * most frames of a scroll cost nothing but the browser's own move.
 */
import { type RefObject, useCallback, useEffect, useLayoutEffect, useState } from 'react';
import { flushSync } from 'react-dom';

export interface Span {
  /** First. */
  from: number;
  /** Behind the last. */
  to: number;
}

export interface Viewport {
  rows: Span;
  /** Rows that are seen: told when a scroll rests. */
  seen: Span;
  /** Of the columns that scroll, by their place among all. */
  columns: Span;
  /** px of the grid's own box */
  width: number;
  height: number;
}

const STEP = 8; // rows drawn at once
const AHEAD = 6; // rows drawn beyond what is seen, on each side
const BESIDE = 160; // px drawn beyond what is seen, on each side

/** `edges[i]` is where column i begins, the last one where all end, in px; the first `fixed` columns are always drawn. */
export function columnSpan(edges: readonly number[], fixed: number, scrollLeft: number, width: number): Span {
  const count = edges.length - 1;
  const left = scrollLeft + (edges[fixed] ?? 0) - BESIDE;
  const right = scrollLeft + width + BESIDE;
  return { from: Math.max(fixed, lastAtMost(edges, left)), to: Math.min(count, lastAtMost(edges, right) + 1) };
}

/** Place of the last edge that is not behind `x`; 0 where all are. */
function lastAtMost(edges: readonly number[], x: number): number {
  let [low, high] = [0, edges.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((edges[middle] ?? 0) <= x) low = middle;
    else high = middle - 1;
  }
  return low;
}

export function rowSpan(count: number, rowHeight: number, scrollTop: number, height: number): Span {
  const first = Math.floor(scrollTop / rowHeight / STEP) * STEP - AHEAD;
  const seen = Math.ceil(height / rowHeight) + STEP + 2 * AHEAD;
  const to = Math.min(count, Math.max(0, first) + seen);
  return { from: Math.max(0, Math.min(first, to - seen)), to };
}

function seenSpan(count: number, rowHeight: number, scrollTop: number, height: number): Span {
  const from = Math.min(count, Math.floor(scrollTop / rowHeight));
  return { from, to: Math.min(count, Math.max(from, Math.floor((scrollTop + height - rowHeight) / rowHeight))) };
}

const REST = 120; // ms without a scroll
const same = (a: Span, b: Span) => a.from === b.from && a.to === b.to;

export function useViewport(
  scroller: RefObject<HTMLElement | null>,
  { count, rowHeight, edges, fixed }: { count: number; rowHeight: number; edges: readonly number[]; fixed: number },
): Viewport {
  const measure = useCallback(
    (before: Viewport | null, rests = true): Viewport => {
      const box = scroller.current;
      const [width, height] = box ? [box.clientWidth, box.clientHeight] : [1_200, 700];
      const rows = rowSpan(count, rowHeight, box?.scrollTop ?? 0, height);
      const columns = columnSpan(edges, fixed, box?.scrollLeft ?? 0, width);
      const seen = seenSpan(count, rowHeight, box?.scrollTop ?? 0, height);
      if (!before) return { rows, seen, columns, width, height };
      const [sameRows, sameColumns] = [same(before.rows, rows), same(before.columns, columns)];
      const sameSize = before.width === width && before.height === height;
      if (sameRows && sameColumns && sameSize && (!rests || same(before.seen, seen))) return before;
      // Each part stays the same object while it says the same: rows compare by it.
      return {
        rows: sameRows ? before.rows : rows,
        seen: !rests || same(before.seen, seen) ? before.seen : seen,
        columns: sameColumns ? before.columns : columns,
        width,
        height,
      };
    },
    [scroller, count, rowHeight, edges, fixed],
  );
  const [viewport, setViewport] = useState(() => measure(null));

  useLayoutEffect(() => setViewport((now) => measure(now)), [measure]);
  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    // In the frame of the scroll itself: a frame later, the rows would be missing for one.
    let resting: ReturnType<typeof setTimeout> | undefined;
    const onScroll = () => {
      flushSync(() => setViewport((now) => measure(now, false)));
      clearTimeout(resting);
      resting = setTimeout(() => setViewport((now) => measure(now)), REST);
    };
    const sizes = new ResizeObserver(() => setViewport((now) => measure(now)));
    box.addEventListener('scroll', onScroll, { passive: true });
    sizes.observe(box);
    return () => {
      clearTimeout(resting);
      box.removeEventListener('scroll', onScroll);
      sizes.disconnect();
    };
  }, [scroller, measure]);
  return viewport;
}
