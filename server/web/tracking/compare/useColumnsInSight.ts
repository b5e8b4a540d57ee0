import { useLayoutEffect, useState } from 'react';
import { MANY } from './comparedIds.ts';

/** px; columns of many runs are all as wide, and drawn only near the visible part */
export const WIDTH = 128;

const STEP = 8; // columns drawn at once, so that most frames of a scroll draw nothing

export interface Columns {
  from: number;
  /** Behind the last. */
  to: number;
}

/** `scrollLeft` and `width` of the box in which they scroll, in px. */
export function columnsInSight(count: number, scrollLeft: number, width: number): Columns {
  if (count <= MANY) return { from: 0, to: count };
  const from = Math.max(0, Math.floor(scrollLeft / WIDTH / STEP) - 1) * STEP;
  const to = Math.ceil((scrollLeft + width) / WIDTH / STEP + 0.5) * STEP;
  return { from: Math.min(from, Math.max(0, count - STEP)), to: Math.min(count, to) };
}

/** Which of `count` columns of a table are drawn, by how far the box is scrolled. */
export function useColumnsInSight(box: HTMLElement | null, count: number): Columns {
  const [columns, setColumns] = useState(() => columnsInSight(count, 0, innerWidth));
  useLayoutEffect(() => {
    if (!box) return;
    const look = () => {
      const next = columnsInSight(count, box.scrollLeft, box.clientWidth || innerWidth);
      setColumns((now) => (now.from === next.from && now.to === next.to ? now : next));
    };
    look();
    if (count <= MANY) return;
    const sizes = new ResizeObserver(look);
    sizes.observe(box);
    box.addEventListener('scroll', look, { passive: true });
    return () => {
      sizes.disconnect();
      box.removeEventListener('scroll', look);
    };
  }, [box, count]);
  // Until the effect of this render has looked, the ones of before may lie beyond the last.
  return columns.to > count ? columnsInSight(count, 0, innerWidth) : columns;
}
