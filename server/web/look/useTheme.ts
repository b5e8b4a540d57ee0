import { useSyncExternalStore } from 'react';

function subscribe(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.body, { attributes: true, attributeFilter: ['data-jp-theme-light', 'data-jp-theme-name'] });
  return () => observer.disconnect();
}

/** Name of the theme that the page has now: what draws on a canvas reads its colours again when it changes. */
export function useTheme(): string {
  return useSyncExternalStore(
    subscribe,
    () => `${document.body.dataset.jpThemeName ?? ''} ${document.body.dataset.jpThemeLight ?? 'true'}`,
  );
}
