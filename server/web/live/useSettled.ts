import { startTransition, useEffect, useState } from 'react';
import { useShared } from './shared.ts';

const PATIENCE = 2_000; // ms

/**
 * False until the curves that a large page is opened for have come, have failed, or take long: what it shows out of sight is drawn after
 * them. True at once where the page is small.
 *
 * @param isBegun the page knows which curves it has
 */
export function useSettled(isSmall: boolean, isBegun: boolean): boolean {
  const { points } = useShared();
  const [isSettled, setSettled] = useState(isSmall);
  useEffect(() => {
    if (isSettled || !isBegun) return;
    let isGone = false;
    const settle = () => {
      if (!isGone) startTransition(() => setSettled(true));
    };
    const late = setTimeout(settle, PATIENCE);
    const waits = async () => {
      await nextFrame(); // panels ask once they are seen
      await nextFrame();
      await points.settled();
      await nextFrame(); // which draws them
      whenIdle(settle);
    };
    void waits();
    return () => {
      isGone = true;
      clearTimeout(late);
    };
  }, [points, isSettled, isBegun]);
  return isSettled || isSmall;
}

const nextFrame = () => new Promise(requestAnimationFrame);

/** Not every browser says when it is idle. */
function whenIdle(then: () => void): void {
  if ('requestIdleCallback' in window) requestIdleCallback(then, { timeout: PATIENCE });
  else setTimeout(then, 50);
}
