import type { AskedModel } from '@cellkeep/web/deployment/DeploySidebar';

/** The model whose *Promote…* was pressed last, at its cell or in the sidebar; null while no form is open. */
export function createAskedModel(): AskedModel {
  let variable: string | null = null;
  const listeners = new Set<() => void>();
  return {
    get: () => variable,
    set: (next) => {
      variable = next;
      for (const listener of [...listeners]) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
