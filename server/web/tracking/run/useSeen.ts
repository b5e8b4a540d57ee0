import { type RefObject, useEffect, useState } from 'react';
import { useVisible } from '../../look/useVisible.ts';

/** Was it near the visible part once? What was loaded for it stays while one scrolls away. */
export function useSeen(element: RefObject<Element | null>): boolean {
  const isVisible = useVisible(element);
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    if (isVisible) setSeen(true);
  }, [isVisible]);
  return isSeen || isVisible;
}
