/** Light, dark, or as the system has it; remembered in this browser. The page's body says it as JupyterLab's does. */
import { useSyncExternalStore } from 'react';

export type ThemeChoice = 'light' | 'dark' | 'system';

const STORED = 'cellkeep.theme';
const listeners = new Set<() => void>();
const systemIsDark = window.matchMedia('(prefers-color-scheme: dark)');
let choice = read();

function read(): ThemeChoice {
  try {
    const stored = localStorage.getItem(STORED);
    return stored === 'light' || stored === 'dark' ? stored : 'system';
  } catch {
    return 'system'; // storage is off
  }
}

function apply(): void {
  const isDark = choice === 'dark' || (choice === 'system' && systemIsDark.matches);
  document.body.dataset.jpThemeLight = String(!isDark);
  document.body.dataset.jpThemeName = isDark ? 'JupyterLab Dark' : 'JupyterLab Light';
  document.documentElement.style.colorScheme = isDark ? 'dark' : 'light';
}

/** Once, before anything is shown. */
export function startTheme(): void {
  apply();
  systemIsDark.addEventListener('change', apply);
}

export function chooseTheme(next: ThemeChoice): void {
  choice = next;
  try {
    localStorage.setItem(STORED, next);
  } catch {
    // Storage is off: the choice lasts as long as the page.
  }
  apply();
  for (const listener of [...listeners]) listener();
}

export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => choice,
  );
}
