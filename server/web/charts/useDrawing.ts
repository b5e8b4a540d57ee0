import { type DependencyList, type RefObject, useEffect } from 'react';
import { useTheme } from '../look/useTheme.ts';

/** Puts what was drawn outside of React into its place, again whenever one of `parts` or the theme changes. */
export function useDrawing(
  place: RefObject<HTMLElement | null>,
  draw: (place: HTMLElement) => Element | null,
  parts: DependencyList,
): void {
  const theme = useTheme();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the caller says what the drawing hangs on
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const drawn = draw(element);
    element.replaceChildren(...(drawn ? [drawn] : []));
  }, [theme, ...parts]);
}
