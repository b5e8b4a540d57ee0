import { type RefObject, useEffect, useState } from 'react';

/** px that a chart in full screen leaves to its caption and the edges */
export const FULL_ROOM = 76;

/** Where the browser refuses (an embedded page without the permission), nothing happens and the chart stays as it is. */
export function useFullScreen(element: RefObject<HTMLElement | null>): [boolean, () => void] {
  const [isFull, setFull] = useState(false);
  useEffect(() => {
    const onChange = () => setFull(document.fullscreenElement !== null && document.fullscreenElement === element.current);
    document.addEventListener('fullscreenchange', onChange);
    return () => document.removeEventListener('fullscreenchange', onChange);
  }, [element]);
  const toggle = () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else element.current?.requestFullscreen?.().catch(() => setFull(false));
  };
  return [isFull, toggle];
}
