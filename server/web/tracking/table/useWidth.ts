import { type RefObject, useLayoutEffect, useState } from 'react';

const STEP = 20; // px; a drag of the window's edge must not render at each of them

/** Width of the element, in px and in steps; before it is there, that of a common screen. */
export function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(1_280);
  useLayoutEffect(() => {
    const { current } = element;
    if (!current) return;
    const measure = () => setWidth(Math.floor(current.clientWidth / STEP) * STEP);
    measure();
    const sizes = new ResizeObserver(measure);
    sizes.observe(current);
    return () => sizes.disconnect();
  }, [element]);
  return width;
}
