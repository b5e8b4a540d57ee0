import { useSyncExternalStore } from 'react';

const subscribe = (listener: () => void) => {
  document.addEventListener('visibilitychange', listener);
  return () => document.removeEventListener('visibilitychange', listener);
};
const isVisible = () => document.visibilityState !== 'hidden';

/** False while the page is behind other tabs of the browser: what nobody sees is not asked for. */
export const usePageVisible = (): boolean => useSyncExternalStore(subscribe, isVisible);
